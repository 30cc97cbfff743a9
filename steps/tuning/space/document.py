"""A YAML file in which every value has its line and keys, so that each problem can name them.

A space that stands in the command is such a document too, see `steps.tuning.space.inline`: it has columns for lines.
"""

import math
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

import yaml
from yaml.constructor import SafeConstructor

from steps.errors import WrongValue
from steps.parameters.values import decode
from steps.project import yaml_file

_LONGEST = 60
# A value of more parts is taken for a bomb of aliases: nested lists, each defined once and repeated many times.
_MOST_PARTS = 10_000
# Lists within lists, of which Python itself reads no more than 200; and conditions on conditions.
DEEPEST = 50
# Python writes no whole number with more than 4,300 digits, though it reads one that is written in another base.
_MOST_DIGITS = 4000
_TOO_LONG: int = 10**_MOST_DIGITS
# A file with so many problems is of another kind.
_MOST_PROBLEMS = 100
_TAGS = {*(tag for tag in SafeConstructor.yaml_constructors if tag), "tag:yaml.org,2002:merge"}


class Unreadable(Exception):
    """A value can't be read; its problem has been noted."""


@dataclass
class Problems:
    """The problems of one file, in the order of its lines; of a text in the command, of its columns."""

    file: str
    unit: Literal["line", "column"] = "line"
    _lines: dict[str, int] = field(default_factory=dict)  # by problem

    def add(self, line: int, *words: str) -> None:
        """Note a problem: `words` are the keys that lead to it, and its text."""
        self._lines.setdefault(": ".join([self.where(line), *words]), line)
        if self.count >= _MOST_PROBLEMS:
            self.check()

    def where(self, line: int) -> str:
        """Name a line of the file, or a column of the text."""
        return f"{self.file}:{line}" if self.unit == "line" else f"{self.file}, column {line}"

    def line(self, node: yaml.Node) -> int:
        """Return the line, or the column, in which a node begins."""
        mark = node.start_mark
        return int(mark.line if self.unit == "line" else mark.index) + 1

    @property
    def count(self) -> int:
        """Return how many problems have been noted."""
        return len(self._lines)

    def check(self) -> None:
        """Raise WrongValue with all problems, if there are any."""
        if self._lines:
            problems = sorted(self._lines, key=lambda problem: self._lines[problem])
            more = [f"{self.file}: and perhaps more: the rest was not read"] if len(problems) >= _MOST_PROBLEMS else []
            raise WrongValue(*problems, *more)


@dataclass(frozen=True)
class Item:
    """A value of the file, with its line and the keys that lead to it."""

    node: yaml.Node
    line: int
    keys: tuple[str, ...]
    problems: Problems

    def problem(self, text: str) -> None:
        """Note a problem of this value."""
        self.problems.add(self.line, *self.keys, text)

    @property
    def is_mapping(self) -> bool:
        """Tell whether this is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        """Tell whether this is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_null(self) -> bool:
        """Tell whether this is null, written as such or left empty."""
        return bool(self.node.tag == "tag:yaml.org,2002:null")

    def mapping(self) -> dict[str, "Item"]:
        """Return the values of a mapping by their keys; a repeated key is a problem, and its first value counts."""
        self._has_plain_tag(self.node)
        items: dict[str, Item] = {}
        for key, value in self.node.value:
            line, name = self.problems.line(key), str(key.value if isinstance(key, yaml.ScalarNode) else "?")
            item = Item(value, line, (*self.keys, name), self.problems)
            if name in items:
                item.problem(f"is there twice, first in {self.problems.unit} {items[name].line}")
            items.setdefault(name, item)
        return items

    def sequence(self) -> list["Item"]:
        """Return the values of a list."""
        self._has_plain_tag(self.node)
        return [Item(node, self.problems.line(node), self.keys, self.problems) for node in self.node.value]

    def plain(self) -> Any:
        """Return text, a number, a boolean, None, or a tuple of those. Raises Unreadable after noting the problem."""
        return self._plain(self.node, count(1), ())

    def _has_plain_tag(self, node: yaml.Node) -> bool:
        """Tell whether a node's tag is one of YAML's own; any other is a problem, since a tag could run code."""
        if node.tag in _TAGS:
            return True
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        self.problem(f"the tag {shorten(tag)} is not allowed: write a plain value")
        return False

    def _plain(self, node: yaml.Node, parts: "count[int]", above: tuple[int, ...]) -> Any:
        if next(parts) > _MOST_PARTS:
            self.problem(f"must be of at most {_MOST_PARTS} values, those behind aliases counted each time")
            raise Unreadable
        if not self._has_plain_tag(node):
            raise Unreadable
        if isinstance(node, yaml.SequenceNode):
            if id(node) in above:
                self.problem("is a list within itself")
                raise Unreadable
            if len(above) == DEEPEST:
                self.problem(f"has lists within lists, more than {DEEPEST} deep")
                raise Unreadable
            return tuple(self._plain(inner, parts, (*above, id(node))) for inner in node.value)
        if isinstance(node, yaml.MappingNode):
            self.problem("must be text, a number, true, false, null or a list of those, got a mapping")
            raise Unreadable
        assert isinstance(node, yaml.ScalarNode)
        try:
            value = SafeConstructor().construct_object(node)
        except yaml_file.UNREADABLE as error:
            self.problem(f"{shorten(str(node.value))} can't be read: {str(error).splitlines()[0]}")
            raise Unreadable from error
        if problem := _misread(node, value):
            self.problem(problem)
            raise Unreadable
        return value


def parse(text: str, file: str) -> Item:
    """Read a file's text. Raises WrongValue if it is empty or no YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = " ".join(filter(None, (error.context, error.problem)))
        if error.problem and not error.problem.startswith("but "):  # the problem makes sense without its context
            reason = error.problem
        raise WrongValue(f"{file}:{line}: must be YAML: {reason}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise WrongValue(f"{file}: must be YAML: {' '.join(str(error).split())}") from error
    if node is None:
        raise WrongValue(f"{file}: is empty")
    if yaml_file.has_too_many(node):
        raise WrongValue(f"{file}: {yaml_file.TOO_MANY}")
    return Item(node, node.start_mark.line + 1, (), Problems(file))


def is_too_long(number: int) -> bool:
    """Tell whether a whole number has more digits than can be handed on."""
    return abs(number) >= _TOO_LONG


def shorten(text: str) -> str:
    """Write a text in one line, with the middle of a long one cut out."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def _misread(node: yaml.ScalarNode, value: object) -> str | None:
    """Say what is wrong with a scalar that YAML reads otherwise than Python would, or that can't be handed on."""
    if isinstance(value, str):
        literal = decode(value)
        if node.style is None and not isinstance(literal, str):  # it stands without quotes
            return f"{shorten(value)} is text to YAML: {_as_yaml(literal)}put the text in quotes"
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be a finite number, got {node.value}"
    if isinstance(value, int) and is_too_long(value):
        return f"must be a number of at most {_MOST_DIGITS} digits, got {shorten(node.value)}"
    if not isinstance(value, int | float | None):
        kind = type(value).__name__
        return f"must be text, a number, true, false or null, got {node.value} (a {kind}; text needs quotes)"
    return None


def _as_yaml(literal: object) -> str:
    """Say how YAML 1.1 writes a Python literal."""
    if literal is None:
        return "write null for None, or "
    if isinstance(literal, float):
        word = repr(literal)
        return f"write {word if '.' in word else word.replace('e', '.0e')} for the number, or "
    if isinstance(literal, int) and not is_too_long(literal):
        return f"write {str(literal).lower()}, or "
    return "write [1, 2] for a tuple, or " if isinstance(literal, tuple) else ""
