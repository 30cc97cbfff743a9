"""Compare a run and its repetition: whether every score is the same to the last bit, and if not, why. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from steps.names import Metric

# Metrics that are no scores: what a run took, and the number of a trial.
_NO_SCORES = (Metric.FIT_TIME, *Metric.COSTS, Metric.TRIAL)
_SYSTEM = "system/"
Steps = Sequence[tuple[int, float]]
IDENTICAL = "identical"


@dataclass(frozen=True)
class Facts:
    """A run's scores, (step, value) of each metric in the order of the steps, and what decides them."""

    scores: Mapping[str, Steps]
    data: str = ""
    folds: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)


def is_score(metric: str) -> bool:
    """Tell whether a metric must be the same in a repetition."""
    return metric not in _NO_SCORES and not metric.startswith(_SYSTEM)


def other_metrics(then: Mapping[str, float], now: Mapping[str, float], judged: Iterable[str]) -> list[str]:
    """Say for each metric that was not judged what it was, and what it is now."""
    others = sorted({**then, **now}.keys() - set(judged) - {Metric.TRIAL})
    return [f"{name} {', now '.join(_written(then.get(name), now.get(name)))}" for name in others]


def _written(*values: float | None) -> list[str]:
    """Write values with as few digits as tell them apart."""
    short = ["none" if value is None else f"{value:.6g}" for value in values]
    return short if len(set(short)) == len(set(values)) else [str(value) for value in values]


def verdict(then: Facts, now: Facts, doubt: str = "") -> str:
    """Return `identical`, or `differs: ` with the first difference and its likely cause.

    `doubt` says what of the code could not be restored; empty if all was.
    """
    score = _score(then, now)
    if then.data != now.data:
        return _differs(f"data sha256 {_short(then.data)}, now {_short(now.data)}", score, "data: it has changed")
    package = _first(then.packages, now.packages)
    if package:
        return _differs(package, score, "environment: another version than then")
    if score and doubt:
        return _differs(score, None, f"code: {doubt}")
    if then.folds != now.folds:
        cause = "code: another seed, split or number of folds, or code that splits otherwise"
        return _differs("other rows in the folds of the same data", score, cause)
    if not score:
        return IDENTICAL
    machine = _first(then.machine, now.machine)
    if machine:
        return _differs(score, None, f"hardware: {machine}")
    return _differs(score, None, "code: it draws without the seed, or depends on something that is not on record")


def _differs(what: str, score: str | None, cause: str) -> str:
    """Write the verdict; `score` is the first score that differs too, empty if none does, None if `what` is one."""
    also = "" if score is None else f"; {score or 'every score is the same'}"
    return f"differs: {what}{also} ({cause})"


def _score(then: Facts, now: Facts) -> str:
    for name in sorted({**then.scores, **now.scores}):
        old, new = list(then.scores.get(name, ())), list(now.scores.get(name, ()))
        if old == new:
            continue
        for one, other in zip(old, new, strict=False):
            if one != other:
                step = f" at step {one[0]}" if len(old) > 1 else ""
                return f"{name}{step} {one[1]!r}, now {other[1]!r}"
        return f"{name} has {len(old)} values, now {len(new)}"
    return ""


def _first(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Name the first recorded value that differs now; what was not recorded then can't differ."""
    for name in sorted(then):
        if now.get(name) != then[name]:
            return f"{name} {then[name]}, now {now.get(name, 'none')}"
    return ""


def _short(digest: str) -> str:
    return digest[:12] or "none"
