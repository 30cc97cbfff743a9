"""Whether two words spell one value: for `mlflow_calls`, under the same rules as that."""

import ast
import json
import shlex
from typing import Any

_WORDS = {"true": True, "false": False, "none": None, "null": None}
# MLflow cuts a recorded value without a word; its releases cut at 250, 500 or 6,000 characters.
_SHORTEST_CUT = 250


def same_value(recorded: str, given: str) -> bool:
    """Tell whether a value differs from a recorded one in its spelling only; `mlflow run` records it shell-quoted.

    >>> [same_value(*pair) for pair in (("1e-3", "0.001"), ("'hello world'", "hello world"), ("false", "False"))]
    [True, True, True]
    >>> [same_value(*pair) for pair in (("2", "2.0"), ("None", "null"), ("'[32, 64]'", "(32,64)"), ("False", "True"))]
    [True, True, True, False]
    """
    quoted = shlex.quote(given)
    if given == recorded or quoted == recorded:
        return True
    if len(recorded) >= _SHORTEST_CUT and quoted.startswith(recorded):
        return True
    return any(_value(word) == _value(given) for word in (recorded, _unquoted(recorded)))


def _unquoted(word: str) -> str:
    try:
        words = shlex.split(word)
    except ValueError:  # an open quote
        return word
    return words[0] if len(words) == 1 else word


def _value(text: str) -> Any:
    """Return what a word means to most programs; a word of no other meaning is a text."""
    text = text.strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for read in (int, float, ast.literal_eval, json.loads):
        try:
            return _plain(read(text))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return text


def _plain(value: Any) -> Any:
    """Make values of the same meaning equal: a list and a tuple, one not-a-number and another."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return "nan" if value != value else value
