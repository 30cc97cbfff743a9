"""Kinds of values that a parameter accepts, each with the words that describe it in messages."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

# Of a device: more trials than this don't get on one.
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Kind:
    """A kind of values: `read` turns text into a value, or raises ValueError or KeyError; `allowed` describes it.

    It may raise WrongValue with its own sentences instead, of which there may be several.
    `names` are the words among which a message looks for the nearest.
    """

    allowed: str
    read: Callable[[str], object]
    names: tuple[str, ...] = ()


def integer(low: int, high: int | None = None) -> Kind:
    """Accept a whole number from `low` to `high`, both included; None: no upper limit."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d+", text) or int(text) < low or (high is not None and int(text) > high):
            raise ValueError
        return int(text)

    return Kind(f"a whole number from {low} to {high}" if high is not None else f"a whole number from {low}", read)


def between(low: float, high: float) -> Kind:
    """Accept a number between two, neither included."""

    def read(text: str) -> float:
        value = float(text)
        if not low < value < high:
            raise ValueError
        return value

    return Kind(f"a number above {low:g} and below {high:g}", read)


def one_of(*names: str) -> Kind:
    """Accept one of a few names."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError
        return text

    return Kind(f"one of {', '.join(names)}", read, names)


def flag() -> Kind:
    """Accept true or false, in any case."""

    def read(text: str) -> bool:
        return {"true": True, "false": False}[text.lower()]

    return Kind("true or false", read)


def text(allowed: str, pattern: str = r"\S(.*\S)?") -> Kind:
    """Accept text that matches a pattern. Whether what it names exists is checked later."""

    def read(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError
        return value

    return Kind(allowed, read)


def number(low: float | None = None) -> Kind:
    """Accept a finite number above `low`; None: any."""

    def read(text: str) -> float:
        value = float(text)
        if not math.isfinite(value) or (low is not None and value <= low):
            raise ValueError
        return value

    return Kind("a number" if low is None else f"a number above {low:g}", read)


def devices_each() -> Kind:
    """Accept how many devices a trial takes: none, whole ones, or a share by which trials divide one evenly."""

    def read(text: str) -> float:
        value = float(text)
        if not 0 <= value < math.inf:
            raise ValueError
        if value == int(value):
            return int(value)
        # Of a third people write two or three digits: 0.33.
        if not _LEAST_SHARE <= value < 1 or abs(1 / value - round(1 / value)) > 0.05:
            raise ValueError
        return value

    return Kind("0, a whole number, or a share that divides a GPU evenly: 0.5, 0.33, 0.25, … 0.01", read)


def none_or(kind: Kind) -> Kind:
    """Accept `none`, which becomes None, beside what a kind accepts."""
    return Kind(f"none or {kind.allowed}", lambda word: None if word == "none" else kind.read(word), kind.names)


def unset_or(kind: Kind) -> Kind:
    """Accept `none`, read as None, but do not offer it: it is a default that the step itself refuses."""
    return replace(none_or(kind), allowed=kind.allowed)


def auto_or(kind: Kind) -> Kind:
    """Accept `auto`, which stays text, beside what a kind accepts."""
    return Kind(f"auto or {kind.allowed}", lambda word: word if word == "auto" else kind.read(word), kind.names)
