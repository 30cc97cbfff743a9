"""The beginning of a search-space file for an entry point: a guess from each default that it declares, to be edited."""

import math
import re
import sys
from collections.abc import Container, Mapping
from typing import Any

import yaml

from steps.parameters.values import decode

# A range reaches so far below and above a default: one order of magnitude in all.
_REACH = math.sqrt(10)
# Defaults below the first and from the second on are searched on a log scale.
_LOG_BELOW, _LOG_FROM = 0.1, 1000
# A default between _LOG_BELOW and this may be a share, such as a dropout or a momentum.
_SHARE = 1
# The range of a default of zero, of which no order of magnitude can be told.
_OF_ZERO = {"int": 10, "float": 1.0}
# Optuna keeps whole numbers as floats, which are exact up to this one.
_LARGEST = 2**53
_NAME = re.compile(r"[^\W\d][\w-]*")
_BARE = re.compile(r"[A-Za-z_][\w.+-]*", re.ASCII)


def text(parameters: Mapping[str, Any], given: Container[str]) -> str:
    """Write a line for each parameter, as MLflow has read them from MLproject; empty if none could be searched.

    `given` are the names of those that `tune` itself gives to an entry point.
    """
    lines, searched = [], False
    for name, parameter in parameters.items():
        if name in given:
            entry, comment = "", f"-P {name}=… of tune gives it to every trial"
        else:
            entry, comment = _entry(name, parameter.type, parameter.default)
        default = "required" if parameter.default is None else f"default {_shown(parameter.default)}"
        comment = "; ".join(filter(None, [default, comment]))
        lines.append(f"{name}: {entry}  # {comment}" if entry else f"# {name}: {comment}")
        searched = searched or entry != ""
    return "\n".join(lines) if searched else ""


def _entry(name: str, kind: str, default: object) -> tuple[str, str]:
    """Return what is searched, empty if nothing is, and what there is to say about that."""
    if not _NAME.fullmatch(name):
        return "", "no name that a space can have"
    if default is None:
        return "", f"a {kind}: write its value here"
    if kind in ("path", "uri"):
        return "", f"a {kind}, not searched"
    word = str(default)
    if word.lower() in ("true", "false"):
        other = {"true": "false", "false": "true"}[word.lower()]
        return _choices(word, other.capitalize() if word.istitle() else other.upper() if word.isupper() else other), ""
    number = default if isinstance(default, int | float) else decode(word)
    if isinstance(number, int):
        return _range("int", number)
    if isinstance(number, float):
        return _range("float", number)
    return _choices(word), "add others"


def _range(kind: str, default: float) -> tuple[str, str]:
    """Return a range around a default."""
    if not math.isfinite(default) or (kind == "int" and abs(default) > _LARGEST):
        return "", "no range can be told of it"
    comment, log = "", False
    if default == 0:
        low, high = 0 * default, _OF_ZERO[kind]
        comment = "a guess"
    else:
        low, high = sorted((_rounded(kind, default / _REACH or default), _rounded(kind, default * _REACH)))
        if kind == "float" and _LOG_BELOW <= default <= _SHARE:
            high, comment = float(_SHARE), "up to 1, if it is a share" if high > _SHARE else ""
        log = 0 < default < _LOG_BELOW or default >= _LOG_FROM
    entry = {"type": kind, "low": low, "high": high, **({"log": True} if log else {})}
    return yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=math.inf).strip(), comment


def _rounded(kind: str, number: float) -> float:
    """Round to one digit, within what numbers there are, and not to zero."""
    largest = _LARGEST if kind == "int" else sys.float_info.max
    rounded = float(f"{number:.0e}")
    if abs(rounded) > largest:
        rounded = math.copysign(largest, number)
    if kind == "int":
        return int(rounded) or int(math.copysign(1, number))
    return rounded or number


def _choices(*texts: str) -> str:
    return f"{{type: categorical, choices: [{', '.join(map(_quoted, texts))}]}}"


def _quoted(text: str) -> str:
    """Write a text for YAML, without quotes where it is read as that text all the same."""
    if _BARE.fullmatch(text) and isinstance(decode(text), str) and yaml.safe_load(text) == text:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()


def _shown(default: object) -> str:
    """Write a default in one line of a comment."""
    return default if isinstance(default, str) and default.isprintable() and default.strip() else repr(default)
