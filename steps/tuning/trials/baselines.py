"""The baselines that are still to run, and when it is their turn."""

from collections import deque
from collections.abc import Callable, Iterable

from steps.tuning.trials.trial import Job


class Baselines:
    """Baselines in their order, each after a trial.

    So a study that is cut short has trials and baselines, as many of each as it had time for.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._left = deque(jobs)
        self._begun = 0

    def __bool__(self) -> bool:
        """Tell whether one is still to run."""
        return bool(self._left)

    def drop(self, is_known: Callable[[Job], bool]) -> None:
        """Leave out those that are known already."""
        left = [job for job in self._left if not is_known(job)]
        self._begun += len(self._left) - len(left)
        self._left = deque(left)

    def next(self, trials: int, *, at_once: bool = False) -> Job | None:
        """Return the next to run, if so many `trials` have begun that it is its turn, or if it shall run `at_once`."""
        if not self._left or not (at_once or trials > self._begun):
            return None
        self._begun += 1
        return self._left.popleft()
