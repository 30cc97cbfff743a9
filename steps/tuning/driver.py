"""The study's loop: ask, launch, wait for any child, settle, ask again. One process, one thread."""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from optuna.trial import TrialState

from steps import names, outage, tracking
from steps.backends import submitted
from steps.errors import NoTrialFinished, ServerLost, Unreachable
from steps.interrupts import Interrupts
from steps.tuning import stopping
from steps.tuning.child import Adopted, Child, Ended, Job
from steps.tuning.claim import Claim
from steps.tuning.history import History
from steps.tuning.progress import Progress
from steps.tuning.pruning import Steps
from steps.tuning.search import Search
from steps.tuning.stopping import Stop
from steps.tuning.trials import Children

# The best so far goes to the parent run at most this often, many at a time.
_WRITE_EVERY_S = 1.0
# A child that took less than this is short: see `Driver._launch_ahead`.
_SHORT_S = 5.0
# How often a pruner looks at running children: a look costs a request for each of them.
_LOOK_EVERY_S = 0.3


@dataclass(frozen=True)
class Limits:
    """How many trials in all, how many at a time, and until when (a `time.monotonic()`, None: no limit).

    `trial_timeout_s` is for each trial; `retries` is how often it is run again where its failure may pass.
    """

    n_trials: int
    jobs: int
    deadline: float | None = None
    trial_timeout_s: float | None = None
    retries: int = 0


@dataclass(frozen=True)
class Result:
    """A study that has ended: why, and the trials that count, by number; the best of them; the baselines.

    `best` is one trial, or the front where there are two objectives.
    """

    stopped_by: str
    trials: Mapping[int, Ended]
    best: Mapping[int, Ended]
    baselines: list[Ended]
    why_failed: str = ""  # where failures in a row ended it


@dataclass
class Driver:
    """Runs the trials of a study, and the baselines beside them.

    `job` turns a trial's number and its parameters in the search into what a child does; `reading` turns the steps that
    a child has logged into those that a pruner sees.
    """

    search: Search
    children: Children
    limits: Limits
    stop: Stop
    job: Callable[[int, Mapping[str, Any]], Job]
    reading: Callable[[Steps], Steps]
    parent_run_id: str
    interrupts: Interrupts
    progress: Progress
    baselines: deque[Job]
    history: History
    claim: Claim
    _held: Child | None = None  # launched ahead: starts when a place is free
    _running: list[Child] = field(default_factory=list)
    _ended: dict[int, Ended] = field(default_factory=dict)  # trials by number
    _ended_baselines: list[Ended] = field(default_factory=list)
    _short: bool = False  # whether children take so little time that launching ahead pays
    _judged: int = 0
    _stopped_by: str | None = None
    _looked: float = 0.0
    _again: deque[tuple[Job, str]] = field(default_factory=deque)  # with the id of the run that failed
    _retries: Counter[int | str | None] = field(default_factory=Counter)  # by number; of a baseline by estimator
    _unwritten: list[Metric] = field(default_factory=list)
    _written: float = 0.0

    def run(self) -> Result:
        """Run the study to its end, a signal's included. Raises NoTrialFinished where no trial has a score.

        Whatever it raises, no child is left running.
        """
        self._retries.update(self.history.retries)
        try:
            self._recall_baselines()
            while not self._is_over():
                self.claim.beat()
                self._start()
                self._launch_ahead()
                submitted.wait([child.submitted for child in self._running], self.interrupts.descriptor, self._wait_s())
                ended = [child for child in self._running if not child.is_running()]
                self._running = [child for child in self._running if child not in ended]
                self._start_held()  # before the bookkeeping: meanwhile a place would lie idle
                for child in ended:
                    self._short = child.age_s() < _SHORT_S
                    submitted.end_strays(child.submitted)
                    self._settle(child)
                self._prune()
                self._end_overdue()
                self._judge()
        except Exception as error:
            if isinstance(tracking.explain(error), Unreachable):
                outage.give_up()
                raise ServerLost(
                    f"the tracking server {tracking.where()} did not come back; nothing that it was told is lost: the "
                    f"same command with --study {self.children.study!r} goes on"
                ) from error
            raise
        finally:
            with suppress(MlflowException) if sys.exc_info()[0] else nullcontext():  # the first error is told
                self._end(self._in_flight())
                self._write()
            self.interrupts.answered()
        return self._result()

    def _is_over(self) -> bool:
        if self.interrupts.noted:
            self._stopped_by = stopping.SIGNAL
        elif self.limits.deadline is not None and time.monotonic() > self.limits.deadline:
            self._stopped_by = stopping.TIMEOUT
        elif self._stopped_by is None and self._judged == self.limits.n_trials:
            self._stopped_by = stopping.N_TRIALS
        elif self._stopped_by is None and self.search.exhausted and self._judged == self.search.asked:
            self._stopped_by = stopping.EXHAUSTED
        if self._stopped_by in (stopping.SIGNAL, stopping.TIMEOUT):
            return True
        # Else a baseline is still waited for: without it nobody can say what tuning gained.
        return self._stopped_by is not None and not (self._in_flight() or self._again or self.baselines)

    def _in_flight(self) -> list[Child]:
        return [*self._running, *([self._held] if self._held else [])]

    def _wait_s(self) -> float:
        """Return how long to wait at most: until a sign of life is due, the pruner looks, or the time is over."""
        waits = [self.claim.due_s(), *([_LOOK_EVERY_S] if self.search.prunes else [])]
        if self.limits.trial_timeout_s is not None and self._running:
            oldest = max(child.age_s() for child in self._running)
            waits.append(max(_LOOK_EVERY_S, self.limits.trial_timeout_s - oldest))
        if self.limits.deadline is not None:
            waits.append(max(0.0, self.limits.deadline - time.monotonic()))
        return min(waits)

    def _start(self) -> None:
        """Fill the free places."""
        self._start_held()
        while len(self._running) < self.limits.jobs and (child := self._launch(hold=False)) is not None:
            self._running.append(child)

    def _start_held(self) -> None:
        if self._held is not None and len(self._running) < self.limits.jobs:
            self._held.start()
            self._running.append(self._held)
            self._held = None

    def _launch_ahead(self) -> None:
        """Launch one child more than there are places, where that pays, and hold it back until one is free.

        A launch takes 0.03 s, in which a place would lie idle. MLflow shows a run that waits as running, so this is
        for children of a few seconds: there it is worth most, and misleads nobody.
        """
        if self._short and self._held is None and self.children.can_hold:
            self._held = self._launch(hold=True)

    def _launch(self, *, hold: bool) -> Child | None:
        if self._again:
            job, run_id = self._again.popleft()
            return self.children.launch(job, hold=hold, retry_of=run_id)
        # A baseline comes second, so that it neither delays the first trial nor is missing from a study cut short.
        if self.baselines and (self.search.asked > 0 or self._stopped_by is not None):
            return self.children.launch(self.baselines.popleft(), hold=hold)
        while self._stopped_by is None and self.search.asked < self.limits.n_trials and self.search.can_ask():
            self.claim.beat()
            if self.interrupts.noted:
                return None
            job = self.job(*self.search.ask())
            if not self._recall(job):
                return self.children.launch(job, hold=hold, retry_of=self.history.retry_of(job))
            self._judge()
        return None

    def _recall_baselines(self) -> None:
        self.baselines = deque(job for job in self.baselines if not self._recall(job))

    def _recall(self, job: Job) -> bool:
        """Take what the server remembers of a child; tell whether that is all there is to do."""
        steps_of = (lambda run_id: self.reading(self.children.steps(run_id))) if self.search.prunes else None
        objectives = [objective.name for objective in self.children.objectives]
        known = self.history.recall(job, self.children.recorded(job), objectives, steps_of)
        if known is None:
            return False
        if isinstance(known, Adopted):
            self._settle(known)
        elif job.number is None:
            self._ended_baselines.append(known)
        else:
            if self.search.prunes:  # so that it notes what later trials are compared with
                self.search.judge(job.number, known.outcome.steps)
            self._note(job.number, known)
        return True

    def _settle(self, child: Child | Adopted) -> None:
        may_retry = self._retries[_key(child.job)] < self.limits.retries
        if child.number is None:
            ended = self.children.settle(child, may_retry=may_retry)
            if not self._retry(ended):
                self._ended_baselines.append(ended)
            return
        steps: Steps = ()
        pruned_at = None
        if self.search.prunes:
            steps = self.reading(self.children.steps(child.run_id))
            pruned_at = self.search.judge(child.number, steps)
            steps = [(step, value) for step, value in steps if pruned_at is None or step <= pruned_at]
        ended = self.children.settle(child, steps, pruned_at, may_retry=may_retry)
        if not self._retry(ended):
            self._note(child.number, ended)

    def _retry(self, ended: Ended) -> bool:
        if ended.retried:
            self._retries[_key(ended.job)] += 1
            self._again.append((ended.job, ended.run_id))
        return ended.retried

    def _note(self, number: int, ended: Ended) -> None:
        self._ended[number] = ended
        self.search.settle(number, ended.outcome)

    def _prune(self) -> None:
        """Let the pruner look at the running trials, and end those that it gives up."""
        if not self.search.prunes or time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        for child in self._running:
            if child.number is not None and (
                child.asked_to_end is not None
                or self.search.judge(child.number, self.reading(self.children.steps(child.run_id))) is not None
            ):
                child.ask_to_end()
        self._looked = time.monotonic()

    def _end_overdue(self) -> None:
        limit = self.limits.trial_timeout_s
        for child in self._running if limit is not None else ():
            if child.age_s() > limit:  # type: ignore[operator]
                child.overdue = f"timeout: not ended after {limit:g} s"
                child.ask_to_end()

    def _judge(self) -> None:
        """Follow the trials in their order, whatever order they end in: the best so far, and whether to go on."""
        while self._stopped_by is None and self._judged in self._ended:
            outcome = self._ended[self._judged].outcome
            self._stopped_by = self.stop.judge(self._judged, outcome.values, failed=outcome.state == TrialState.FAIL)
            best = self.stop.best.value
            if best is not None:
                name = names.best(self.children.objectives[0].name)
                self._unwritten.append(tracking.metric(name, best, self._judged))
            self.progress.advance(best)
            self._judged += 1
            if self._stopped_by is not None:
                self._end(child for child in self._in_flight() if child.number is not None)
                self._again = deque((job, run_id) for job, run_id in self._again if job.number is None)
                for number in [number for number in self._ended if number >= self._judged]:
                    self.children.disown(self._ended.pop(number).run_id)
        if self._unwritten and time.monotonic() - self._written > _WRITE_EVERY_S:
            self._write()

    def _end(self, children: Iterable[Child]) -> None:
        ending = list(children)
        self._running = [child for child in self._running if child not in ending]
        self._held = None if self._held in ending else self._held
        self.children.stop(ending)

    def _write(self) -> None:
        tracking.record(self.parent_run_id, self._unwritten)
        self._unwritten.clear()
        self._written = time.monotonic()

    def _result(self) -> Result:
        assert self._stopped_by is not None
        for number in sorted(self._ended):  # those behind one that was cut off
            if number >= self._judged:
                self.stop.judge(number, self._ended[number].outcome.values)
        best = {number: self._ended[number] for number in self.stop.best.trials}
        if not best and self._stopped_by != stopping.SIGNAL:
            raise NoTrialFinished(self._why_none())
        why = self._why_failed() if self._stopped_by == stopping.FAILURES else ""
        return Result(self._stopped_by, dict(sorted(self._ended.items())), best, self._ended_baselines, why)

    def _why_none(self) -> str:
        if not any(ended.reason for ended in self._ended.values()):
            return f"no trial finished: stopped by {self._stopped_by}"
        return f"none of {len(self._ended)} trials finished; {self._why_failed()}"

    def _why_failed(self) -> str:
        """Say the commonest reason of the trials that failed, and what one of them wrote last."""
        failed = [ended for ended in self._ended.values() if ended.reason]
        reason, count = Counter(ended.reason for ended in failed).most_common(1)[0]
        first = next(ended for ended in failed if ended.reason == reason)
        lines = "\n".join(f"    {line}" for line in first.stderr.splitlines())
        return f"{count} of them: {reason} (run {first.run_id})\n{lines}"


def _key(job: Job) -> int | str | None:
    return job.estimator if job.number is None else job.number
