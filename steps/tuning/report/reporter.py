"""When the report is rebuilt: after a trial has ended, at growing intervals, and at the end; in another process."""

import math
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from steps.backends.warm.fork import Fork
from steps.backends.warm.launch import Launcher
from steps.process import orphans
from steps.process.signals import Interrupts
from steps.tuning.phase import Phase
from steps.tuning.report import build
from steps.tuning.study_plan import StudyPlan

# The interval between two builds: the first, the longest, and the factor by which it grows.
FIRST_S, MOST_S, GROWS = 30.0, 600.0, 1.5
# The process is started only after this: its imports would cost a short study 3 % of its time.
READY_S = 20.0
# What builds it.
_BUILD = "steps.tuning.report.build:serve"
# The last build is given up if a person waits for so long, or if it has told of no step for so long. A busy machine
# takes its time for a step, but is not still.
_HURRIED_S, _SILENT_S = 3.5, 300.0


@dataclass
class Intervals:
    """The rule, without a clock of its own: build if there is news and the interval has passed."""

    next: float
    length: float = FIRST_S
    news: bool = False

    def due(self, now: float) -> bool:
        """Tell whether to build now; if so, start the next interval, which is longer."""
        if not self.news or now < self.next:
            return False
        self.news = False
        self.length = min(MOST_S, self.length * GROWS)
        self.next = now + self.length
        return True


@dataclass
class Reporter:
    """Has another process, a fork of a launcher, build the report of a study; does nothing unless it is `wanted`."""

    plan: StudyPlan
    study: str
    run_id: str
    wanted: bool
    launcher: Launcher
    took: float = 0.0  # the seconds of the last build
    _began: float = field(default_factory=time.monotonic)
    _intervals: Intervals = field(default_factory=lambda: Intervals(time.monotonic() + FIRST_S))
    _process: Fork | None = None
    _connection: Connection | None = None
    _order: str = ""  # what it has been asked for and not yet answered
    _heard: float = 0.0  # when it last said something
    _step: str = "what draws it is imported"

    def news(self) -> None:
        """Note that a trial has ended."""
        self._intervals.news = True

    def stand_by(self) -> None:
        """Start the process, which then imports what draws: that takes seconds, and nobody has to wait for them later.

        Called for the last trials, it imports beside them.
        """
        if self.wanted and self._process is None:
            self._start()

    def tend(self) -> None:
        """Ask for a build if it is time; return at once."""
        if not self.wanted:
            return
        self._listen(0.0)
        if time.monotonic() - self._began > READY_S:
            self.stand_by()
        if not self._order and self._intervals.due(time.monotonic()):
            self._ask(build.NOW)

    def finish(self, interrupts: Interrupts, *, final: bool) -> None:
        """Have the report built for the last time and wait for it; if it gets no further, say so on stderr.

        It is hurried after a signal. If the process that this one follows has ended, the seconds left are needed for
        more important work, so the report is left as it was.
        """
        if not self.wanted or orphans.deserted():
            return
        self._ask(build.FINAL if final and not interrupts.noted else build.HURRIED)
        hurried_until = time.monotonic() + _HURRIED_S if interrupts.noted else math.inf
        phase = Phase("report")
        while self._order:
            phase.tell(self._step)
            now, until = time.monotonic(), min(hurried_until, self._heard + _SILENT_S)
            if now >= until:
                print("tune: report: not done in time, so it is left as it was", file=sys.stderr)
                break
            self._listen(
                min(until - now, phase.seconds_to_line()), *([] if interrupts.noted else [interrupts.descriptor])
            )
            if interrupts.noted:
                hurried_until = min(hurried_until, time.monotonic() + _HURRIED_S)
        phase.end()
        self.end()

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _ask(self, order: str) -> None:
        try:
            if self._process is None or self._process.poll():
                self._start()
            assert self._connection is not None
            self._connection.send(order)
            self._order, self._heard = order, time.monotonic()
        except (OSError, EOFError) as error:
            print(f"tune: report: {error}", file=sys.stderr)

    def _start(self) -> None:
        self._process, self._connection = self.launcher.fork(_BUILD, self.plan, self.study, self.run_id)

    def _listen(self, seconds: float, *wakeup: int) -> None:
        """Take in what the process says, as soon as it says something or `wakeup` is readable, in so many seconds."""
        if not self._order or self._connection is None:
            return
        try:
            wait([self._connection, *wakeup], max(0.0, seconds))
            while self._order and self._connection.poll(0):
                self._take(self._connection.recv())
        except (OSError, EOFError):
            self._order = ""
            print("tune: report: what builds it has ended", file=sys.stderr)
            self.end()

    def _take(self, message: tuple[Any, ...]) -> None:
        self._heard = time.monotonic()
        if message[0] == build.STEP:
            self._step = message[1]
            return
        _, order, problem, self.took = message
        if order == self._order:
            self._order = ""
            if problem:
                print(f"tune: report: {problem}", file=sys.stderr)
