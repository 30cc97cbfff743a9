"""The children of a study that run, each at a place of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from steps.backends import control
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.places import Place, Places
from steps.tuning.trials.trial import Child

# How often an overdue child is looked at.
_LOOK_EVERY_S = 0.3
# Launches the next child at a place and returns it; None if there is nothing to launch for now.
Launch = Callable[[Place], Child | None]


@dataclass
class Pool:
    """The children that run, at most one at a place; each may take `timeout_s` (None: no limit)."""

    children: ChildRuns
    places: Places
    timeout_s: float | None = None
    running: list[Child] = field(default_factory=list)
    _given_up: list[Child] = field(default_factory=list)  # they keep their places: they have not ended

    def fill(self, launch: Launch) -> None:
        """Launch children until every place is taken or there is nothing to launch."""
        self._look_at_given_up()
        while (place := self.places.take()) is not None:
            child = None
            try:
                child = launch(place)
            finally:
                if child is None:
                    self.places.give_back(place)
            if child is None:
                return
            self.running.append(child)

    def wait(self, wakeup: int, seconds: float) -> list[Child]:
        """Wait until a child ends, `wakeup` is readable or the time is over; return the children that have ended."""
        control.wait_for_any(
            [child.submitted for child in self.running], wakeup, min([seconds, *self._until_overdue()])
        )
        ended = [child for child in self.running if not child.is_running()]
        self.running = [child for child in self.running if child not in ended]
        for child in ended:
            self._free_place(child)
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
        try:
            self.children.stop(ending)
        finally:
            for child in ending:
                self._free_place(child)

    def _free_place(self, child: Child) -> None:
        """End what a child has left behind, and give its place back; one that was given up keeps it until it ends."""
        child.submitted.end_strays()
        if child.submitted.is_running():
            self._given_up.append(child)
        else:
            self.places.give_back(child.place)

    def _look_at_given_up(self) -> None:
        """Give back the places of children that have ended since; of all of them where the study would stand still."""
        stands_still = not self.running and not self.places.free
        ended = [child for child in self._given_up if stands_still or not child.submitted.is_running()]
        self._given_up = [child for child in self._given_up if child not in ended]
        for child in ended:
            self.places.give_back(child.place)

    def _until_overdue(self) -> list[float]:
        if self.timeout_s is None or not self.running:
            return []
        oldest = max(child.age_s() for child in self.running)
        return [max(_LOOK_EVERY_S, self.timeout_s - oldest)]
