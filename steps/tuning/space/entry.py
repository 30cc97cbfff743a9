"""Reading one entry of a search space: a type with its bounds and conditions, or a fixed value."""

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from steps.errors import did_you_mean
from steps.tuning.space.document import Item, Problems, Unreadable, shorten
from steps.tuning.space.parameter import FixedParameter, SearchedParameter, divides, word

Entry = SearchedParameter | FixedParameter
# The keys of each type beside `type` and `when`: (required, optional).
_KEYS = {
    "int": (("low", "high"), ("log", "step")),
    "float": (("low", "high"), ("log", "step")),
    "categorical": (("choices",), ()),
}
# Keys that are no hyperparameters: a mapping without a type may be one of these, misspelled.
_OTHER_KEYS = ("estimator", "try", "classification", "regression")
# Optuna keeps whole numbers as floats, which are exact up to this one.
_LARGEST = 2**53


def read(item: Item, name: str, above: Mapping[str, Entry | None]) -> Entry | None:
    """Read an entry; return None if it has problems, which are noted. `above` are the entries that `when` may name."""
    if not item.is_mapping:
        try:
            return FixedParameter(item.plain())
        except Unreadable:
            return None
    fields = item.mapping()
    try:
        kind = fields["type"].plain() if "type" in fields else None
    except Unreadable:
        return None
    if "type" not in fields:
        near = did_you_mean(item.keys[-1], _OTHER_KEYS)
        item.problem(f"must be a plain value, or have a type, such as {{type: int, low: 1, high: 9}}{near}")
        return None
    if kind not in _KEYS:
        near = did_you_mean(str(kind), _KEYS)
        fields["type"].problem(f"must be one of {', '.join(_KEYS)}, got {shorten(repr(kind))}{near}")
        return None
    required, optional = _KEYS[kind]
    allowed = ("type", *required, *optional, "when")
    for key, inner in fields.items():
        if key not in allowed:
            inner.problem(f"unknown key{did_you_mean(key, allowed)}; allowed: {', '.join(allowed)}")
    for key in required:
        if key not in fields:
            item.problem(f"{key}: is missing")
    distribution = _categorical(fields) if kind == "categorical" else _number(kind, fields, item.problems)
    when = _when(fields["when"], above) if "when" in fields else {}
    return None if distribution is None or when is None else SearchedParameter(name, distribution, when)


def _categorical(fields: Mapping[str, Item]) -> BaseDistribution | None:
    if "choices" not in fields:
        return None
    choices = fields["choices"]
    if not choices.is_sequence or not choices.sequence():
        choices.problem("must be a list of at least one value")
        return None
    words: list[str] = []
    for choice in choices.sequence():
        try:
            words.append(word(choice.plain()))
        except Unreadable:
            continue
        if words[-1] in words[:-1]:
            choice.problem(f"{words[-1]} is there twice")
    return CategoricalDistribution(tuple(dict.fromkeys(words))) if words else None


def _number(kind: str, fields: Mapping[str, Item], problems: Problems) -> BaseDistribution | None:
    """Read an int or a float. Everything is checked here: Optuna's own reader truncates 5.5 to 5 for an int."""
    before = problems.count
    numbers = {key: _finite(fields[key], kind) for key in ("low", "high", "step") if key in fields}
    low, high, step = (numbers.get(key) for key in ("low", "high", "step"))
    log = _flag(fields["log"]) if "log" in fields else False
    if low is not None and high is not None:
        if low > high:
            fields["low"].problem(f"must not be above high, got {low} > {high}")
        elif math.isinf(float(high) - float(low)):
            fields["high"].problem("must not be so far from low")
    if log and low is not None and low <= 0:
        fields["low"].problem(f"must be above 0 with log, got {low}")
    if log and "step" in fields:
        fields["step"].problem("can't go with log")
    if step is not None and step <= 0:
        fields["step"].problem(f"must be above 0, got {step}")
    if problems.count > before or low is None or high is None:
        return None
    if step is not None and (high - low) / step > _LARGEST:
        fields["step"].problem(f"must not be so small, got {step}")
        return None
    if step is not None and not divides(step, low, high):
        # Optuna would only warn, and lower `high`.
        fields["step"].problem(f"must divide the range from low to high, got {step}")
        return None
    if kind == "int":
        return IntDistribution(int(low), int(high), log=bool(log), step=int(step or 1))
    return FloatDistribution(float(low), float(high), log=bool(log), step=None if step is None else float(step))


def _finite(item: Item, kind: str) -> int | float | None:
    try:
        value = item.plain()
    except Unreadable:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind == "int" and not (whole and abs(value) <= _LARGEST):
        limit = ", at most 2**53 from 0" if whole else ""
        item.problem(f"must be a whole number{limit}, got {shorten(repr(value))}")
        return None
    try:
        if whole or isinstance(value, float):
            return value if kind == "int" else float(value)
    except OverflowError:
        pass
    item.problem(f"must be a finite number, got {shorten(repr(value))}")
    return None


def _flag(item: Item) -> bool | None:
    try:
        value = item.plain()
    except Unreadable:
        return None
    if isinstance(value, bool):
        return value
    item.problem(f"must be true or false, got {shorten(repr(value))}")
    return None


def _when(item: Item, above: Mapping[str, Entry | None]) -> dict[str, tuple[str, ...]] | None:
    if not item.is_mapping or not item.mapping():
        item.problem("must map a categorical above to its choices, such as {kernel: [rbf, poly]}")
        return None
    conditions: dict[str, tuple[str, ...]] = {}
    for key, condition in item.mapping().items():
        named = above.get(key)
        if key not in above:
            condition.problem(f"must name a categorical that stands above{did_you_mean(key, above)}")
        elif named is None:
            continue  # its own problems are noted
        elif not isinstance(named, SearchedParameter) or not isinstance(named.distribution, CategoricalDistribution):
            condition.problem("must name a categorical, and this is none")
        else:
            conditions[named.name] = _words(condition, named.distribution.choices)
    return conditions


def _words(condition: Item, choices: tuple[Any, ...]) -> tuple[str, ...]:
    """Read the choices that a condition names, one or a list."""
    items = condition.sequence() if condition.is_sequence else [condition]
    if not items:
        condition.problem("must name at least one choice")
    words = []
    for item in items:
        try:
            words.append(word(item.plain()))
        except Unreadable:
            continue
        if words[-1] not in choices:
            item.problem(f"must be one of {', '.join(choices)}, got {words[-1]}{did_you_mean(words[-1], choices)}")
    return tuple(words)
