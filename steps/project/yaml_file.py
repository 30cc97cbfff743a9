"""YAML files, read within bounds: aliases may name each other so that a few lines stand for a billion values."""

from pathlib import Path
from typing import Any

import yaml

from steps.project import text_file

# Values and keys, those behind aliases counted each time.
MOST_PARTS = 100_000
# What PyYAML raises for what is no YAML, or does not fit its tag, such as the date 2026-99-99.
UNREADABLE = (yaml.YAMLError, ValueError, KeyError, IndexError, AttributeError, TypeError)
TOO_MANY = f"it has more than {MOST_PARTS:,} values, those behind aliases counted each time"


def load(path: Path) -> Any:
    """Return what a file holds.

    Raises OSError, or one of UNREADABLE for what can't be read, or is too much.
    """
    loader = yaml.SafeLoader(text_file.read(path))
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if has_too_many(node):
            raise ValueError(TOO_MANY)
        return loader.construct_document(node)
    except RecursionError as error:
        raise ValueError("it has values within values too deep to be read") from error
    finally:
        loader.dispose()


def has_too_many(node: yaml.Node) -> bool:
    """Tell whether a document has too many values."""
    return _parts(node, {}) > MOST_PARTS


def _parts(node: yaml.Node, known: dict[int, int]) -> int:
    """Count a node and all below it; one that is being counted already, since it is within itself, as one."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = 1
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [each for pair in node.value for each in pair]
    known[id(node)] = 1 + sum(_parts(each, known) for each in inner)
    return known[id(node)]
