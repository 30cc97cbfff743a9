"""When a study stops. Pure: trials are judged one by one, in the order of their numbers."""

from dataclasses import dataclass, field

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
    """The stop rules that go by trials; `judge` takes every trial in turn, whatever its state."""

    best: BestTrials
    patience: int | None = None
    target: float | None = None
    max_failures: int | None = None
    _waited: int = 0
    _failed: int = 0

    def judge(
        self, number: int, values: tuple[float, ...], *, failed: bool = False, refused: bool = False
    ) -> str | None:
        """Judge the next trial (`values` is empty without a score); return why the study stops, None if it goes on.

        `refused`: what it runs has refused its arguments, so every trial will fail, if none has done well before.
        """
        self._failed = self._failed + 1 if failed else 0
        if refused and not self.best.trials:
            return REFUSED
        if self.max_failures is not None and self._failed >= self.max_failures:
            return FAILURES
        improved = bool(values) and self.best.add(number, values)
        self._waited = 0 if improved else self._waited + 1
        if values and self.target is not None:
            (direction,) = self.best.directions
            if values == (self.target,) or is_better(values, (self.target,), (direction,)):
                return TARGET
        if self.patience is not None and self._waited >= self.patience:
            return PATIENCE
        return None
