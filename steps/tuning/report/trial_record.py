"""A trial as the tracking server has it, for the page and the files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna.trial import TrialState

# How a trial can end, in words.
STATES = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


@dataclass(frozen=True)
class TrialRecord:
    """A trial that has ended.

    `recorded` are its typed hyperparameters; `values` are those of its objectives, empty without a score; `start`, when
    its command started, and `end` are in milliseconds since 1970; `steps` are the values that a pruner has seen, none
    if they were too many for a tag, and `last_step` is that at which it was pruned. `excess` is by how much it breaks
    each constraint.
    """

    number: int
    state: TrialState
    recorded: Mapping[str, Any]
    values: tuple[float, ...]
    run_id: str
    start: int
    end: int
    reason: str
    steps: Mapping[int, float]
    command: str
    excess: tuple[float, ...] = ()
    last_step: int | None = None

    @property
    def is_feasible(self) -> bool:
        """Tell whether it keeps every constraint."""
        return all(over <= 0 for over in self.excess)

    @property
    def pruned_at(self) -> int | None:
        """Return the last step of a trial that a pruner has ended."""
        if self.state != TrialState.PRUNED:
            return None
        return max(self.steps) if self.steps else self.last_step

    @property
    def seconds(self) -> float:
        """Return how long it took; a wait for a free place is not part of it."""
        return max(0, self.end - self.start) / 1000
