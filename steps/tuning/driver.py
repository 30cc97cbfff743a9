"""The study's loop: ask, launch, wait for any child, settle, ask again. One process, one thread."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlflow.entities import Metric

from steps import names, tracking
from steps.backends import submitted
from steps.errors import NoTrialFinished
from steps.interrupts import Interrupts
from steps.tuning.progress import Progress
from steps.tuning.search import Search
from steps.tuning.space import class_of
from steps.tuning.trials import Child, Children, Ended

# The best so far goes to the parent run at most this often, many at a time.
_WRITE_EVERY_S = 1.0
# A child that took less than this is short: see `Driver._launch_ahead`.
_SHORT_S = 5.0


@dataclass(frozen=True)
class Result:
    """A finished study: how each trial ended, by number; the best of them; the baseline of each estimator."""

    trials: list[Ended]
    best: Ended
    baselines: list[Ended]


@dataclass
class Driver:
    """Runs the trials of a study, `jobs` at a time, and the baselines beside them.

    `estimators` has the import path of each of the space's estimators (None: the task's own).
    """

    search: Search
    estimators: Mapping[str | None, str]
    children: Children
    n_trials: int
    jobs: int
    parent_run_id: str
    interrupts: Interrupts
    progress: Progress
    _held: Child | None = None  # launched ahead: starts when a place is free
    _running: list[Child] = field(default_factory=list)
    _ended: dict[int, Ended] = field(default_factory=dict)  # by number
    _baselines: dict[str, Ended | None] = field(default_factory=dict)  # by estimator, from the launch on
    _short: bool = False  # whether children take so little time that launching ahead pays
    _judged: int = 0
    _best: Ended | None = None
    _best_value: float | None = None
    _unwritten: list[Metric] = field(default_factory=list)
    _written: float = 0.0

    def run(self) -> Result:
        """Run the study to its end. Raises NoTrialFinished where no trial has a score, Interrupted on a signal.

        Whatever it raises, no child is left running.
        """
        try:
            while not self._done():
                self.interrupts.check()
                self._start()
                self._launch_ahead()
                submitted.wait([child.submitted for child in self._running], self.interrupts.descriptor)
                ended = [child for child in self._running if not child.is_running()]
                self._running = [child for child in self._running if child not in ended]
                self._start_held()  # before the bookkeeping: meanwhile a place would lie idle
                self._settle(ended)
        finally:
            self.children.end([*self._running, *([self._held] if self._held else [])])
            self._write()
        if self._best is None:
            raise NoTrialFinished(self._why_none())
        baselines = [ended for ended in self._baselines.values() if ended is not None]
        return Result([self._ended[number] for number in range(self.n_trials)], self._best, baselines)

    def _done(self) -> bool:
        baselines = sum(ended is not None for ended in self._baselines.values())
        return len(self._ended) == self.n_trials and baselines == len(self.estimators)

    def _start(self) -> None:
        """Fill the free places."""
        self._start_held()
        while len(self._running) < self.jobs and (child := self._launch(hold=False)) is not None:
            self._running.append(child)

    def _start_held(self) -> None:
        if self._held is not None and len(self._running) < self.jobs:
            self._held.start()
            self._running.append(self._held)
            self._held = None

    def _launch_ahead(self) -> None:
        """Launch one child more than there are places, where that pays, and hold it back until one is free.

        A launch takes 0.05 s, in which a place would lie idle. MLflow shows a run that waits as running, so this is
        for children of a few seconds: there it is worth most, and misleads nobody.
        """
        if self._short and self._held is None and self.children.can_hold:
            self._held = self._launch(hold=True)

    def _launch(self, *, hold: bool) -> Child | None:
        left = [path for path in self.estimators.values() if path not in self._baselines]
        # Each after a trial, so that they neither delay the first one nor are missing from a study that is cut short.
        if left and (self.search.asked > len(self._baselines) or self.search.asked == self.n_trials):
            self._baselines[left[0]] = None
            name = "baseline" if len(self.estimators) == 1 else f"baseline {class_of(left[0])}"
            return self.children.launch(None, {}, estimator=left[0], name=name, hold=hold)
        if self.search.asked < self.n_trials and self.search.can_ask():
            number, params = self.search.ask()
            choice = self.search.space.child(params)
            estimator = self.estimators[choice.estimator]
            return self.children.launch(number, choice.hyperparameters, estimator=estimator, hold=hold)
        return None

    def _settle(self, children: Iterable[Child]) -> None:
        for child in children:
            self._short = child.age_s() < _SHORT_S
            ended = self.children.settle(child)
            if child.number is None:
                self._baselines[child.estimator] = ended
            else:
                self._ended[child.number] = ended
                self.search.settle(child.number, ended.outcome)
        self._judge()

    def _judge(self) -> None:
        """Follow the best value in the trials' order, whatever order they end in, and put it on the parent run."""
        while self._judged in self._ended:
            ended = self._ended[self._judged]
            if ended.value is not None and (self._best_value is None or ended.value > self._best_value):
                self._best, self._best_value = ended, ended.value
            if self._best_value is not None:
                best = tracking.metric(names.best(self.children.objective), self._best_value, self._judged)
                self._unwritten.append(best)
            self.progress.advance(self._best_value)
            self._judged += 1
        if self._unwritten and time.monotonic() - self._written > _WRITE_EVERY_S:
            self._write()

    def _write(self) -> None:
        tracking.record(self.parent_run_id, self._unwritten)
        self._unwritten.clear()
        self._written = time.monotonic()

    def _why_none(self) -> str:
        reasons = Counter(ended.reason for ended in self._ended.values())
        reason, count = reasons.most_common(1)[0]
        first = next(ended for ended in self._ended.values() if ended.reason == reason)
        lines = "\n".join(f"    {line}" for line in first.stderr.splitlines())
        return f"none of {self.n_trials} trials finished; {count} of them: {reason} (run {first.child.run_id})\n{lines}"
