"""The pruner of a study as `tune` is given it, such as `patient:10 hyperband:min=1,max=81`: names, bounds, normal form.

The normal form has every setting of the pruner, in one order. It is what a study has on record, so that it goes on the
same if a default changes one day.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from steps.errors import WrongValue, did_you_mean
from steps.parameters.kinds import Kind, auto_or, between, integer, number

AUTO = "auto"
# What goes around another pruner, written before it.
PATIENT = "patient"
_NEEDED = object()  # the default of a setting that must be given
_ABSENT = None  # the default of a setting that may be missing


def _not_negative() -> Kind:
    def read(text: str) -> float:
        value = float(text)
        if not 0 <= value < math.inf:
            raise ValueError
        return value

    return Kind("a number from 0", read)


_BY_RANK = {"startup": (integer(0), 5), "warmup": (auto_or(integer(0)), AUTO), "interval": (integer(1), 1)}
# For each pruner the kinds and the defaults of its settings; they are explained in docs/search-settings.md.
_SETTINGS: Mapping[str, Mapping[str, tuple[Kind, Any]]] = {
    "median": _BY_RANK,
    "percentile": {"keep": (between(0, 100), _NEEDED), **_BY_RANK},
    PATIENT: {"steps": (integer(0), _NEEDED), "min_delta": (_not_negative(), 0)},
    "hyperband": {"min": (integer(1), 1), "max": (auto_or(integer(1)), AUTO), "factor": (integer(2), 3)},
    "halving": {
        "min": (auto_or(integer(1)), AUTO), "factor": (integer(2), 4), "min_early_stopping_rate": (integer(0), 0),
    },
    "wilcoxon": {"p": (between(0, 1), 0.1), "startup": (integer(0), 2)},
    "threshold": {
        "lower": (number(), _ABSENT), "upper": (number(), _ABSENT), "warmup": (integer(0), 0),
        "interval": (integer(1), 1),
    },
}  # fmt: skip
PRUNERS = tuple(_SETTINGS)
_ALLOWED = f"one of {', '.join(PRUNERS)}, with settings after a colon"
# Which setting a bare value is of.
_MAIN = {"percentile": "keep", PATIENT: "steps", "hyperband": "max", "wilcoxon": "p"}
# What studies of earlier versions have on record, in today's words.
BEFORE = {
    "median": "median:startup=5,warmup=0,interval=1",
    "hyperband": "hyperband:min=1,max=auto,factor=3",
    "wilcoxon": "wilcoxon:p=0.1,startup=2",
}


@dataclass(frozen=True)
class PrunerSettings:
    """A pruner by its name, all its settings, and the one that it goes around, if it is `patient`."""

    name: str
    values: Mapping[str, Any]
    inner: "PrunerSettings | None" = None

    @property
    def names(self) -> set[str]:
        """Return the name of the pruner and that of the one it goes around."""
        return {self.name, *(self.inner.names if self.inner else ())}

    def __str__(self) -> str:
        """Write the normal form."""
        pairs = ",".join(f"{key}={_word(value)}" for key, value in self.values.items() if value is not _ABSENT)
        return f"{self.name}:{pairs}{f' {self.inner}' if self.inner else ''}"


def pruner() -> Kind:
    """Accept a pruner with its settings, which becomes its normal form."""
    return Kind(_ALLOWED, lambda text: str(parse(text)), PRUNERS)


def parse(text: str) -> PrunerSettings:
    """Read a pruner, with or without settings.

    Raises WrongValue with all problems, each a sentence without the parameter and its value.

    >>> str(parse("percentile:25")), str(parse("patient:2,min_delta=0.5 wilcoxon"))
    ('percentile:keep=25,startup=5,warmup=auto,interval=1', 'patient:steps=2,min_delta=0.5 wilcoxon:p=0.1,startup=2')
    """
    words = text.split()
    if not words:
        raise WrongValue(f"must be none or {_ALLOWED}")
    problems = list(_name_problems([word.partition(":")[0] for word in words]))
    read = []
    for word in words:
        name, _, settings = word.partition(":")
        if name in _SETTINGS:
            values, wrong = _values(name, settings)
            problems += [f"{name}: {problem}" for problem in wrong]
            read.append(PrunerSettings(name, values))
    if problems:
        raise WrongValue(*problems)
    return PrunerSettings(PATIENT, read[0].values, read[1]) if len(read) == 2 else read[0]


def _name_problems(names: list[str]) -> Iterator[str]:
    """Say which names are no pruners, and which order of pruners is none."""
    for name in names:
        if name in _SETTINGS:
            continue
        nearest = did_you_mean(name, PRUNERS)
        if len(names) == 1:
            yield f"must be none or {_ALLOWED}{nearest}"
        else:
            yield f"{name!r} is not a pruner{nearest}; allowed: {', '.join(PRUNERS)}"
    if len(names) > 2 or (len(names) == 2 and (names[0] != PATIENT or names[1] == PATIENT)):
        yield f"must be one pruner, or {PATIENT} and the one that it goes around, as in 'patient:10 median'"


def _values(name: str, settings: str) -> tuple[dict[str, Any], list[str]]:
    """Read the settings of one pruner; return all of them in their order, and the problems."""
    known, problems = _SETTINGS[name], []
    given: dict[str, Any] = {}
    allowed = f"allowed: {', '.join(known)}"
    for pair in settings.split(",") if settings else ():
        key, equals, word = pair.partition("=")
        if not equals:
            key, word = _MAIN.get(name, ""), pair
        if not key:
            problems.append(f"{pair!r} must be <setting>=<value>; {allowed}")
        elif key not in known:
            problems.append(f"has no setting {key!r}{did_you_mean(key, known)}; {allowed}")
        elif key in given:
            problems.append(f"{key} is given twice")
        else:
            try:
                given[key] = known[key][0].read(word)
            except ValueError:
                given[key] = _NEEDED  # not once more as one that lacks
                problems.append(f"{key} {word!r} must be {known[key][0].allowed}")
    lacking = [key for key, (_, default) in known.items() if default is _NEEDED and key not in given]
    problems += [f"needs {key}, {known[key][0].allowed}: {name}:{key}=25" for key in lacking]
    values = {key: given.get(key, default) for key, (_, default) in known.items()}
    return values, problems or list(_bound_problems(name, values))


def _bound_problems(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Say what does not fit together of settings that are right one by one."""
    if name == "hyperband" and values["max"] != AUTO and values["max"] < values["min"]:
        yield f"max {values['max']} must not be below min {values['min']}"
    if name == "threshold":
        if values["lower"] is _ABSENT and values["upper"] is _ABSENT:
            yield "needs lower, upper or both"
        elif None not in (values["lower"], values["upper"]) and values["lower"] >= values["upper"]:
            yield f"lower {_word(values['lower'])} must be below upper {_word(values['upper'])}"


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
