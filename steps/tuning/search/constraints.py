"""What a trial must keep to count: bounds on metrics that its child logs. Pure."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps.errors import WrongValue, did_you_mean
from steps.names import Metric
from steps.parameters import step_rules
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective

if TYPE_CHECKING:  # it imports MLflow, and this room knows none
    from steps.tuning.entry_point import EntryPoint

_AT_MOST, _AT_LEAST = "<=", ">="
_FORM = re.compile(r"([^<>=]*[^<>=\s])\s*(<=|>=)\s*(\S+)")


@dataclass(frozen=True)
class Constraint:
    """A bound on a metric. The best step of one that has an upper bound is the least, of another the greatest."""

    metric: Objective
    sign: str
    bound: float

    @property
    def text(self) -> str:
        """Return it as it is given, without blanks: `peak_memory_mb<=500`."""
        return f"{self.metric.name}{self.sign}{self.bound:.12g}"

    def excess(self, values: Mapping[str, float]) -> float:
        """Return by how much values of metrics, by their names, break it; 0 or less if they keep it."""
        over = values[self.metric.name] - self.bound
        return over if self.sign == _AT_MOST else -over


def resolve(settings: TuneSettings, entry: "EntryPoint", objectives: Sequence[Objective]) -> tuple[Constraint, ...]:
    """Return the study's constraints; of a metric that is an objective too, the same step counts.

    Raises WrongValue for what is none, and for a metric that `train` does not log.
    """
    if settings.constraint is None:
        return ()
    known = [Metric.cv(settings.metric), Metric.cv_std(settings.metric), Metric.FIT_TIME, *Metric.COSTS]
    known += [] if settings.early_stopping in (None, "auto") else [Metric.BEST_ITERATION]
    metrics = {objective.name: objective for objective in objectives}
    constraints, problems = [], []
    for word in map(str.strip, settings.constraint.split(",")):
        form = _FORM.fullmatch(word)
        bound = _number(form[3]) if form else None
        if form is None or bound is None:
            problems.append(
                f"{option('constraint', word)}: must be a metric, <= or >=, and a number, such as fit_time_s<=0.1"
            )
            continue
        name, sign = form[1], form[2]
        metric, rule = (name, step_rules.LAST) if entry.runs_train else step_rules.split(name)
        if entry.runs_train and name not in known:
            near = did_you_mean(step_rules.split(name)[0], known)
            problems.append(
                f"{option('constraint', word)}: {entry.name!r} logs no {name!r}{near}; allowed: {', '.join(known)}"
            )
        elif not entry.runs_train and (problem := step_rules.problem(name)):
            problems.append(f"{option('constraint', name)}: {problem}")
        else:
            joined = step_rules.joined(metric, rule)
            direction = MINIMIZE if sign == _AT_MOST else MAXIMIZE
            constraints.append(Constraint(metrics.setdefault(joined, Objective(joined, direction, rule)), sign, bound))
    if problems:
        raise WrongValue(*problems)
    return tuple(dict.fromkeys(constraints))


def measured(objectives: Iterable[Objective], constraints: Iterable[Constraint]) -> tuple[Objective, ...]:
    """Return what is read of each child: the objectives, and what else is bounded."""
    return tuple({each.name: each for each in (*objectives, *(one.metric for one in constraints))}.values())


def broken(constraints: Iterable[Constraint], excess: Iterable[float]) -> str:
    """Say which constraints are broken, and by how much each; an empty text if none is."""
    pairs = zip(constraints, excess, strict=True)
    return ", ".join(f"{constraint.text} by {over:.6g}" for constraint, over in pairs if over > 0)


def _number(word: str) -> float | None:
    try:
        return number if math.isfinite(number := float(word)) else None
    except ValueError:
        return None
