"""When a study has seen enough. Pure: judged trial by trial, in the order of their numbers."""

from dataclasses import dataclass, field

from steps.tuning.search.objective import sign_of

# What goes on the parent run as `tuning.stopped_by`.
N_TRIALS, EXHAUSTED, PATIENCE, TARGET, TIMEOUT, FAILURES, SIGNAL = (
    "n_trials",
    "exhausted",
    "patience",
    "target",
    "timeout",
    "failures",
    "signal",
)


def better(one: tuple[float, ...], other: tuple[float, ...], directions: tuple[str, ...]) -> bool:
    """Tell whether values are better than others: in one objective at least, and worse in none."""
    gains = [sign_of(direction) * (a - b) for direction, a, b in zip(directions, one, other, strict=True)]
    return min(gains) >= 0 and max(gains) > 0


@dataclass
class BestTrials:
    """The best trials so far: one, the first of equals; with several objectives those that no other is better than."""

    directions: tuple[str, ...]
    trials: dict[int, tuple[float, ...]] = field(default_factory=dict)  # number -> values

    @property
    def value(self) -> float | None:
        """Return the best value of a single objective, None without one."""
        return next(iter(self.trials.values()))[0] if self.trials and len(self.directions) == 1 else None

    def add(self, number: int, values: tuple[float, ...]) -> bool:
        """Take in a trial; tell whether it is among the best now."""
        for known in self.trials.values():
            if known == values or better(known, values, self.directions):
                return False
        self.trials = {n: v for n, v in self.trials.items() if not better(values, v, self.directions)}
        self.trials[number] = values
        return True


@dataclass
class StopRules:
    """The rules that look at scores; `judge` takes every trial in turn, whatever its state."""

    best: BestTrials
    patience: int | None = None
    target: float | None = None
    max_failures: int | None = None
    _waited: int = 0
    _failed: int = 0

    def judge(self, number: int, values: tuple[float, ...], *, failed: bool = False) -> str | None:
        """Take in the next trial (no values: no score); return why the study ends with it, None if it goes on."""
        self._failed = self._failed + 1 if failed else 0
        if self._failed == self.max_failures:
            return FAILURES
        improved = bool(values) and self.best.add(number, values)
        self._waited = 0 if improved else self._waited + 1
        if values and self.target is not None:
            (direction,) = self.best.directions
            if values == (self.target,) or better(values, (self.target,), (direction,)):
                return TARGET
        if self.patience is not None and self._waited >= self.patience:
            return PATIENCE
        return None
