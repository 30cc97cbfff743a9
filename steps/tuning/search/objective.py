"""What a study optimizes: a metric that its children log, or two, each with a direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps.errors import WrongValue, did_you_mean
from steps.names import Metric
from steps.parameters import step_rules
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings

if TYPE_CHECKING:  # it imports MLflow, and this room knows none
    from steps.tuning.entry_point import EntryPoint

MAXIMIZE, MINIMIZE = DIRECTIONS = ("maximize", "minimize")
MOST_OBJECTIVES = 2


def sign_of(direction: str) -> int:
    """Return 1 if more is better, else -1: multiplied by this, the better of two values is the greater one."""
    return 1 if direction == MAXIMIZE else -1


@dataclass(frozen=True)
class Objective:
    """A metric of a child, whether more or less of it is better, and which of its steps counts.

    `rule` is one of `step_rules`. Unless that is the last step, `name` ends in it, such as `loss:best`: a metric of
    this name is written to the child's run when it is settled.
    """

    name: str
    direction: str
    rule: str = step_rules.LAST

    @property
    def logged(self) -> str:
        """Return the metric that the child logs."""
        return self.name if self.rule == step_rules.LAST else self.name.removesuffix(f":{self.rule}")

    @property
    def is_derived(self) -> bool:
        """Tell whether the value is made of several steps of what the child logs."""
        return self.rule != step_rules.LAST

    @property
    def sign(self) -> int:
        """Return 1 if more is better, else -1."""
        return sign_of(self.direction)


def metric(settings: TuneSettings) -> str:
    """Return the scorer for `train`: if the metric is `auto`, an objective such as `cv_f1_macro` names it."""
    first = _split(settings.objective)[0]
    if settings.metric == "auto" and first.startswith(Metric.cv("")):
        return first.removeprefix(Metric.cv("")).removesuffix("_std")
    return settings.metric


def resolve(settings: TuneSettings, entry: "EntryPoint") -> tuple[Objective, ...]:
    """Return the study's objectives; `settings.metric` is the scorer of `train`, whose scores are always maximized.

    Raises WrongValue for a metric that `train` does not log, and for a metric of unknown direction if none is set.
    """
    known = {}
    if entry.runs_train:
        scorer = settings.metric
        known = {Metric.cv(scorer): MAXIMIZE, Metric.cv_std(scorer): MINIMIZE, Metric.FIT_TIME: MINIMIZE}
    known |= dict.fromkeys(Metric.COSTS, MINIMIZE)
    names = _split(settings.objective)
    if names == ["auto"]:
        if not entry.runs_train:
            raise WrongValue(f"{option('objective', 'auto')}: must be the name of the metric that {entry.name!r} logs")
        names = [Metric.cv(settings.metric)]
    # `train` logs a score once, at its end.
    pairs = [(name, step_rules.LAST) if entry.runs_train else step_rules.split(name) for name in names]
    directions = _split(settings.direction)
    if directions == ["auto"]:
        directions = [known.get(logged, "auto") for logged, _ in pairs]
    # Directions are checked only if the names are right: a wrong name would be reported twice.
    problems = _name_problems(names, pairs, known, entry) or _direction_problems(directions, names)
    if problems:
        raise WrongValue(*problems)
    named = zip(pairs, directions, strict=True)
    return tuple(Objective(step_rules.joined(*pair), direction, pair[1]) for pair, direction in named)


def _name_problems(
    names: list[str], pairs: list[tuple[str, str]], known: Mapping[str, str], entry: "EntryPoint"
) -> list[str]:
    if len(names) > MOST_OBJECTIVES or len(set(pairs)) < len(names) or not all(logged for logged, _ in pairs):
        return [f"{option('objective', ','.join(names))}: must name one metric, or {MOST_OBJECTIVES} different ones"]
    if not entry.runs_train:
        return [f"{option('objective', name)}: {problem}" for name in names if (problem := step_rules.problem(name))]
    return [
        f"{option('objective', name)}: {entry.name!r} logs no such "
        f"metric{did_you_mean(step_rules.split(name)[0], known)}; allowed: {', '.join(known)}"
        for name in names
        if name not in known
    ]


def _direction_problems(directions: list[str], names: list[str]) -> list[str]:
    words = ",".join(directions)
    if "auto" in directions:
        return [
            f"{option('direction', 'auto')}: must be {' or '.join(DIRECTIONS)} for {','.join(names)!r}, which is not a "
            "scorer"
        ]
    if len(directions) != len(names):
        return [f"{option('direction', words)}: must say one for each of {', '.join(names)}"]
    return [
        f"{option('direction', words)}: must be {' or '.join(DIRECTIONS)}{did_you_mean(word, DIRECTIONS)}"
        for word in directions
        if word not in DIRECTIONS
    ]


def _split(words: str) -> list[str]:
    return [word.strip() for word in str(words).split(",")]
