"""When a study stops. Pure: trials are judged one by one, in the order of their numbers."""

import math
from dataclasses import dataclass, field

from steps.tuning.search.failure_kind import kind_of
from steps.tuning.search.objective import sign_of

# Why a study stopped: the values of the tag `tuning.stopped_by`.
N_TRIALS, EXHAUSTED, PATIENCE, TARGET, TIMEOUT, FAILURES, REFUSED, SIGNAL = (
    "n_trials",
    "exhausted",
    "patience",
    "target",
    "timeout",
    "failures",
    "refused",
    "signal",
)
# After these a study of the same name goes on without other settings than the limit that it has met.
GOES_ON = (TIMEOUT, FAILURES, SIGNAL)

# After a first trial that did not fail, this share of the last `_LATEST` × `max_failures` trials ends a study. A cliff
# has TPE fail in up to 14 of 20 trials in a row, and such a study goes on.
_MOST_FAILED = 0.8
_LATEST = 4


def is_better(one: tuple[float, ...], other: tuple[float, ...], directions: tuple[str, ...]) -> bool:
    """Tell whether values are better than others: better in at least one objective, worse in none."""
    gains = [sign_of(direction) * (a - b) for direction, a, b in zip(directions, one, other, strict=True)]
    return min(gains) >= 0 and max(gains) > 0


@dataclass
class BestTrials:
    """The best trials so far: the first of the best; with several objectives, all that no other is better than."""

    directions: tuple[str, ...]
    trials: dict[int, tuple[float, ...]] = field(default_factory=dict)  # number -> values

    @property
    def value(self) -> float | None:
        """Return the best value of a single objective, None without one."""
        return next(iter(self.trials.values()))[0] if self.trials and len(self.directions) == 1 else None

    def add(self, number: int, values: tuple[float, ...]) -> bool:
        """Add a trial; tell whether it is among the best now."""
        for best in self.trials.values():
            if best == values or is_better(best, values, self.directions):
                return False
        self.trials = {n: v for n, v in self.trials.items() if not is_better(values, v, self.directions)}
        self.trials[number] = values
        return True


@dataclass
class StopRules:
    """The stop rules that go by trials; `judge` takes every trial in turn, whatever its state.

    `max_failures`: so many failures in a row of one kind end the study, as long as no trial has done otherwise. Once
    one has, the script works, and a region of the space may fail. From then on, and for failures of several kinds, the
    study ends if 80 % of the last 4 × `max_failures` trials have failed. `many_failed` says which of the two it was.
    """

    best: BestTrials
    patience: int | None = None
    target: float | None = None
    max_failures: int | None = None
    ends_at_failure: bool = False  # the next one
    many_failed: str = ""
    _waited: int = 0
    _failed: list[bool] = field(default_factory=list)
    _row: list[str] = field(default_factory=list)  # the kinds of the failures before the first trial that did not fail

    def judge(
        self,
        number: int,
        values: tuple[float, ...],
        *,
        failed: bool = False,
        reason: str = "",
        refused: bool = False,
        counts: bool = True,
    ) -> str | None:
        """Judge the next trial (`values` is empty without a score); return why the study stops, None if it goes on.

        `reason` is why it failed. `refused`: what it runs has refused its arguments, so every trial will fail, if
        all before it have. One that does not `count` has had a part of its budget; patience does not wait for it.
        """
        self._failed.append(failed)
        if refused and all(self._failed):
            return REFUSED
        if failed and self.ends_at_failure:
            self.many_failed = "the first run failed"
            return FAILURES
        if self.max_failures is not None and self._fails_too_often(self.max_failures, reason):
            return FAILURES
        improved = bool(values) and self.best.add(number, values)
        self._waited = 0 if improved else self._waited + counts
        if values and self.target is not None:
            (direction,) = self.best.directions
            if values == (self.target,) or is_better(values, (self.target,), (direction,)):
                return TARGET
        if self.patience is not None and self._waited >= self.patience:
            return PATIENCE
        return None

    def _fails_too_often(self, most: int, reason: str) -> bool:
        if all(self._failed):
            kind = kind_of(reason)
            self._row = [*self._row, kind] if self._row[-1:] == [kind] else [kind]
            if len(self._row) >= most:
                self.many_failed = f"the last {most} trials failed of one kind of cause, and none before them did well"
                return True
        latest = self._failed[-_LATEST * most :]
        if len(latest) < _LATEST * most or sum(latest) < math.ceil(_MOST_FAILED * len(latest)):
            return False
        self.many_failed = f"{sum(latest)} of the last {len(latest)} trials failed"
        return True
