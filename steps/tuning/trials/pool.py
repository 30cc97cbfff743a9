"""The places of a study: each child that runs takes one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from steps.backends import control
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.trial import Child

# How often an overdue child is looked at.
_LOOK_EVERY_S = 0.3
# Launches the next child and returns it; None if there is nothing to launch for now.
Launch = Callable[[], Child | None]


@dataclass
class Pool:
    """The children that run, at most `jobs` at a time; each may take `timeout_s` (None: no limit)."""

    children: ChildRuns
    jobs: int
    timeout_s: float | None = None
    running: list[Child] = field(default_factory=list)

    def fill(self, launch: Launch) -> None:
        """Launch children until every place is taken or there is nothing to launch."""
        while len(self.running) < self.jobs and (child := launch()) is not None:
            self.running.append(child)

    def wait(self, wakeup: int, seconds: float) -> list[Child]:
        """Wait until a child ends, `wakeup` is readable or the time is over; return the children that have ended."""
        control.wait_for_any(
            [child.submitted for child in self.running], wakeup, min([seconds, *self._until_overdue()])
        )
        ended = [child for child in self.running if not child.is_running()]
        self.running = [child for child in self.running if child not in ended]
        for child in ended:
            child.submitted.end_strays()
        return ended

    def end_overdue(self) -> None:
        """Ask the children to end that have taken longer than they may."""
        for child in self.running if self.timeout_s is not None else ():
            if child.age_s() > self.timeout_s:  # type: ignore[operator]
                child.overdue = f"timeout: not ended after {self.timeout_s:g} s"
                child.ask_to_end()

    def end(self, children: Iterable[Child]) -> None:
        """End children that the study no longer wants."""
        ending = list(children)
        self.running = [child for child in self.running if child not in ending]
        self.children.stop(ending)

    def _until_overdue(self) -> list[float]:
        if self.timeout_s is None or not self.running:
            return []
        oldest = max(child.age_s() for child in self.running)
        return [max(_LOOK_EVERY_S, self.timeout_s - oldest)]
