"""The places of a study: which children run, which one waits for a place, which have ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from steps.backends import control
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.trial import Child

# A child that took less than this is short: see `Pool.launch_ahead`.
_SHORT_S = 5.0
# How often a child that is overdue is looked at.
_LOOK_EVERY_S = 0.3
# Launches the next child, held back or not; None: there is none for now.
Launch = Callable[..., Child | None]


@dataclass
class Pool:
    """The children in flight, at most `jobs` at a time; each may take `timeout_s` (None: no limit)."""

    children: ChildRuns
    jobs: int
    timeout_s: float | None = None
    running: list[Child] = field(default_factory=list)
    _held: Child | None = None  # launched ahead: starts when a place is free
    _short: bool = False  # whether children take so little time that launching ahead pays

    def in_flight(self) -> list[Child]:
        """Return the children that run, and the one that is held back."""
        return [*self.running, *([self._held] if self._held else [])]

    def fill(self, launch: Launch) -> None:
        """Fill the free places, and where it pays launch one child more than there are places.

        A launch takes 0.03 s, in which a place would lie idle. MLflow shows a run that waits as running, so this is
        for children of a few seconds: there it is worth most, and misleads nobody.
        """
        self._start_held()
        while len(self.running) < self.jobs and (child := launch(hold=False)) is not None:
            self.running.append(child)
        if self._short and self._held is None and self.children.can_hold:
            self._held = launch(hold=True)

    def wait(self, wakeup: int, seconds: float) -> list[Child]:
        """Wait until children end, a descriptor is readable or the time is over; return those that have ended.

        The one held back starts before anything else is done: meanwhile a place would lie idle.
        """
        control.wait([child.submitted for child in self.running], wakeup, min([seconds, *self._until_overdue()]))
        ended = [child for child in self.running if not child.is_running()]
        self.running = [child for child in self.running if child not in ended]
        self._start_held()
        for child in ended:
            self._short = child.age_s() < _SHORT_S
            control.end_strays(child.submitted)
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
        self._held = None if self._held in ending else self._held
        self.children.stop(ending)

    def _start_held(self) -> None:
        if self._held is not None and len(self.running) < self.jobs:
            self._held.start()
            self.running.append(self._held)
            self._held = None

    def _until_overdue(self) -> list[float]:
        if self.timeout_s is None or not self.running:
            return []
        oldest = max(child.age_s() for child in self.running)
        return [max(_LOOK_EVERY_S, self.timeout_s - oldest)]
