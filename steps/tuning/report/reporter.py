"""When the report is rebuilt: after a trial has ended, at growing intervals, and at the end; in another process."""

import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from steps.backends.warm.fork import Fork
from steps.backends.warm.launch import Launcher
from steps.process import orphans
from steps.tuning.report import build
from steps.tuning.study_plan import StudyPlan

# The interval between two builds: the first, the longest, and the factor by which it grows.
FIRST_S, MOST_S, GROWS = 30.0, 600.0, 1.5
# The process is started only after this: its imports would cost a short study 3 % of its time.
READY_S = 20.0
# What builds it.
_BUILD = "steps.tuning.report.build:serve"
# How long the last build may take: at a normal end, with so much more for each trial, and if a person waits.
_FINAL_S, _FOR_EACH_TRIAL_S, _HURRIED_S = 60.0, 0.2, 3.5


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
    _began: float = field(default_factory=time.monotonic)
    _intervals: Intervals = field(default_factory=lambda: Intervals(time.monotonic() + FIRST_S))
    _process: Fork | None = None
    _connection: Connection | None = None
    _busy: bool = False

    def news(self) -> None:
        """Note that a trial has ended."""
        self._intervals.news = True

    def stand_by(self) -> None:
        """Start the process, which then imports plotly: that takes seconds, and nobody has to wait for them later."""
        if self.wanted and self._process is None:
            self._start()

    def tend(self) -> None:
        """Ask for a build if it is time; return at once."""
        if not self.wanted:
            return
        self._take_answer(0.0)
        if time.monotonic() - self._began > READY_S:
            self.stand_by()
        if not self._busy and self._intervals.due(time.monotonic()):
            self._ask(build.NOW)

    def finish(self, *, hurried: bool, final: bool) -> None:
        """Have the report built for the last time and wait for it; if it is not done in time, say so on stderr.

        If the process that this one follows has ended, the seconds left are needed for more important work, so the
        report is left as it was.
        """
        if not self.wanted or orphans.deserted():
            return
        patience = _HURRIED_S if hurried else _FINAL_S + _FOR_EACH_TRIAL_S * self.plan.settings.n_trials
        deadline = time.monotonic() + patience
        self._take_answer(patience)
        if not self._busy:
            self._ask(build.FINAL if final else build.NOW)
            self._take_answer(deadline - time.monotonic())
        if self._busy:
            print(f"tune: report: not done after {patience:g} s, so it is left as it was", file=sys.stderr)
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
            self._busy = True
        except (OSError, EOFError) as error:
            print(f"tune: report: {error}", file=sys.stderr)

    def _start(self) -> None:
        self._process, self._connection = self.launcher.fork(_BUILD, self.plan, self.study, self.run_id)

    def _take_answer(self, seconds: float) -> None:
        if not self._busy or self._connection is None:
            return
        try:
            if self._connection.poll(max(0.0, seconds)):
                problem = self._connection.recv()
                self._busy = False
                if problem:
                    print(f"tune: report: {problem}", file=sys.stderr)
        except (OSError, EOFError):
            self._busy = False
            print("tune: report: what builds it has ended", file=sys.stderr)
            self.end()
