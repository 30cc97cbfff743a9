"""What a study optimizes: a metric that its children log, or two, each with a direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.errors import WrongValue, did_you_mean
from steps.names import Metric
from steps.tuning.entry_point import EntryPoint

MAXIMIZE, MINIMIZE = DIRECTIONS = ("maximize", "minimize")
MOST = 2


@dataclass(frozen=True)
class Objective:
    """A metric of a child, and whether more or less of it is better."""

    name: str
    direction: str


def metric(values: Mapping[str, Any]) -> str:
    """Return the scorer that `train` is to use: left open, the objective may say it (`cv_f1_macro`)."""
    first = _split(values["objective"])[0]
    if values["metric"] == "auto" and first.startswith(Metric.cv("")):
        return first.removeprefix(Metric.cv("")).removesuffix("_std")
    return str(values["metric"])


def resolve(values: Mapping[str, Any], entry: EntryPoint, scorer: str) -> tuple[Objective, ...]:
    """Return the study's objectives; `scorer` is the one that `train` uses, whose scores are always maximized.

    Raises WrongValue for a metric that `train` does not log, and for a direction that nobody but the user knows.
    """
    known = {}
    if entry.runs_train:
        known = {Metric.cv(scorer): MAXIMIZE, Metric.cv_std(scorer): MINIMIZE, Metric.FIT_TIME: MINIMIZE}
    wanted = _split(values["objective"])
    if wanted == ["auto"]:
        if not entry.runs_train:
            raise WrongValue(f"--objective 'auto': must be the name of the metric that {entry.name!r} logs")
        wanted = [Metric.cv(scorer)]
    directions = _split(values["direction"])
    if directions == ["auto"]:
        directions = [known.get(name, "auto") for name in wanted]
    # A direction is of an objective: where that is wrong, its own problem would say the same again.
    problems = _name_problems(wanted, known, entry) or _direction_problems(directions, wanted)
    if problems:
        raise WrongValue(*problems)
    return tuple(map(Objective, wanted, directions))


def _name_problems(wanted: list[str], known: Mapping[str, str], entry: EntryPoint) -> list[str]:
    if len(wanted) > MOST or len(set(wanted)) < len(wanted) or not all(wanted):
        return [f"--objective {','.join(wanted)!r}: must name one metric, or {MOST} different ones"]
    if not known:
        return []
    return [
        f"--objective {name!r}: {entry.name!r} logs no such metric{did_you_mean(name, known)}; "
        f"allowed: {', '.join(known)}"
        for name in wanted
        if name not in known
    ]


def _direction_problems(directions: list[str], wanted: list[str]) -> list[str]:
    given = ",".join(directions)
    if "auto" in directions:
        return [f"--direction 'auto': must be {' or '.join(DIRECTIONS)} for {','.join(wanted)!r}, which is no scorer"]
    if len(directions) != len(wanted):
        return [f"--direction {given!r}: must say one for each of {', '.join(wanted)}"]
    return [
        f"--direction {given!r}: must be {' or '.join(DIRECTIONS)}{did_you_mean(word, DIRECTIONS)}"
        for word in directions
        if word not in DIRECTIONS
    ]


def _split(words: str) -> list[str]:
    return [word.strip() for word in str(words).split(",")]
