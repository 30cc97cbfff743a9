"""The places of a study: which children run, which have ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from steps.backends import control
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.trial import Child

# How often a child that is overdue is looked at.
_LOOK_EVERY_S = 0.3
# Launches the next child; None: there is none for now.
Launch = Callable[[], Child | None]


@dataclass
class Pool:
    """The children in flight, at most `jobs` at a time; each may take `timeout_s` (None: no limit)."""

    children: ChildRuns
    jobs: int
    timeout_s: float | None = None
    running: list[Child] = field(default_factory=list)

    def fill(self, launch: Launch) -> None:
        """Fill the free places."""
        while len(self.running) < self.jobs and (child := launch()) is not None:
            self.running.append(child)

    def wait(self, wakeup: int, seconds: float) -> list[Child]:
        """Wait until children end, a descriptor is readable or the time is over; return those that have ended."""
        control.wait_for_any(
            [child.submitted for child in self.running], wakeup, min([seconds, *self._until_overdue()])
        )
        ended = [child for child in self.running if not child.is_running()]
        self.running = [child for child in self.running if child not in ended]
        for child in ended:
            child.submitted.end_strays()
        return ended

    def end_overdue(self) -> None:
        """Ask children to end that have taken too long."""
        for child in self.running if self.timeout_s is not None else ():
            if child.age_s() > self.timeout_s:  # type: ignore[operator]
                child.overdue = f"timeout: not ended after {self.timeout_s:g} s"
                child.ask_to_end()

    def end(self, children: Iterable[Child]) -> None:
        """End children that the study goes without."""
        ending = list(children)
        self.running = [child for child in self.running if child not in ending]
        self.children.stop(ending)

    def _until_overdue(self) -> list[float]:
        if self.timeout_s is None or not self.running:
            return []
        oldest = max(child.age_s() for child in self.running)
        return [max(_LOOK_EVERY_S, self.timeout_s - oldest)]
