"""The study's loop: ask, launch, wait for any child, settle, ask again. One process, one thread."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

from mlflow.exceptions import MlflowException
from optuna.trial import TrialState

from steps.errors import Interrupted
from steps.process.signals import Interrupts
from steps.tracking import outage
from steps.tuning.record.best_so_far import BestSoFar
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.resume import History
from steps.tuning.report.progress import Progress
from steps.tuning.report.reporter import Reporter
from steps.tuning.search import stopping
from steps.tuning.search.halving_search import AnySearch
from steps.tuning.search.stopping import BestTrials, StopRules
from steps.tuning.study_plan import StudyPlan
from steps.tuning.study_time import StudyTime
from steps.tuning.trials import launching, rung, settling
from steps.tuning.trials.baselines import Baselines
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.places import Place
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.results import Results, StudyResult
from steps.tuning.trials.retries import Retries
from steps.tuning.trials.trial import Adopted, Child, Job, TrialResult

# The seconds between two looks of a pruner at the running children: a look costs a request for each of them.
_PRUNE_EVERY_S = 0.3


@dataclass
class StudyLoop:
    """Runs the trials of a study, and the baselines beside them; those on record in `history` are not run again.

    `at_last` is called once, as soon as the last child has been launched: it prepares what comes after the trials.
    """

    plan: StudyPlan
    search: AnySearch
    pool: Pool
    history: History
    study_lock: StudyLock
    interrupts: Interrupts
    reporter: Reporter
    time: StudyTime = field(default_factory=StudyTime)
    at_last: Callable[[], None] = lambda: None
    _results: Results = field(init=False)
    _progress: Progress = field(init=False)
    _baselines: Baselines = field(init=False)
    _last_prune: float = 0.0
    _retries: Retries = field(init=False)
    _is_last: bool = False
    _best_so_far: BestSoFar = field(init=False)

    def __post_init__(self) -> None:
        settings, objectives = self.plan.settings, self.plan.objectives
        best = BestTrials(tuple(objective.direction for objective in objectives))
        rules = StopRules(best, settings.patience, settings.target_value, settings.max_failures)
        self._results = Results(rules, settings.try_first, self.plan.constraints, self.plan.checkpoints is not None)
        self._progress = Progress(settings.n_trials, objectives[0].name)
        self._baselines = Baselines(self.plan.baselines())
        self._best_so_far = BestSoFar(self.study_lock.run_id, objectives[0].name)
        self._retries = Retries(settings.retries, Counter(self.history.retries))

    def run(self) -> StudyResult:
        """Run the study to its end, which may be a signal. Raises NoTrialFinished if no trial has a score.

        No child is left running, whatever is raised.
        """
        self.time.start_trials()
        try:
            with outage.raised_as_server_lost(self.children.study):
                self._run_rounds()
        finally:
            self._progress.close()
        return self._results.study_result()

    def _run_rounds(self) -> None:
        try:
            self._baselines.drop(self._recall)
            while not self._is_over():
                self.study_lock.heartbeat()
                self.reporter.tend()
                self.pool.fill(self._launch)
                self._prepare_the_end()
                for child in self.pool.wait(self.interrupts.descriptor, self._wait_s()):
                    self._settle(child)
                self._prune()
                self.pool.end_overdue()
                self._judge()
        except (Exception, Interrupted) as error:
            if outage.is_outage(error):
                outage.give_up()
            raise
        finally:
            with suppress(MlflowException) if sys.exc_info()[0] else nullcontext():  # the first error is raised
                self.pool.end(self.pool.running)
                self._best_so_far.write()
            self.interrupts.answered()

    @property
    def children(self) -> ChildRuns:
        """Return what launches and settles them."""
        return self.pool.children

    def _is_over(self) -> bool:
        results = self._results
        if self.interrupts.noted:
            results.stopped_by = stopping.SIGNAL
        elif self._left() < 0:
            results.stopped_by = stopping.TIMEOUT
        elif results.stopped_by is None and results.judged == self.plan.asks:
            results.stopped_by = stopping.N_TRIALS
        elif results.stopped_by is None and self.search.exhausted and results.judged == self.search.asked:
            results.stopped_by = self.search.why_exhausted
        if results.stopped_by in (stopping.SIGNAL, stopping.TIMEOUT, stopping.REFUSED):
            return True
        # After any other stop the baselines are waited for: without them nobody can say what tuning gained.
        return results.stopped_by is not None and not (self.pool.running or self._retries.waiting or self._baselines)

    def _wait_s(self) -> float:
        """Return how long to wait at most: until a heartbeat is due, the pruner looks, or the study's time is over.

        If nothing runs, no child can end: every trial that could be asked for was recalled.
        """
        if not self.pool.running:
            return 0.0
        waits = [self.study_lock.seconds_to_heartbeat(), *([_PRUNE_EVERY_S] if self.search.prunes else [])]
        left = self._left()
        return min(*waits, max(0.0, left), max(0.0, left - self.time.for_imports()) if not self._is_last else left)

    def _left(self) -> float:
        """Return the seconds that are left for trials."""
        best_s = self._results.seconds_of_best()
        if best_s is None:
            return self.time.left_for_first()
        return self.time.left_for_trials(self.plan.refit_s(best_s), self.reporter.took)

    def _launch(self, place: Place) -> Child | None:
        is_trying = self._results.is_trying
        if is_trying and self.pool.running:
            return None
        if self._retries.waiting:
            job, run_id = self._retries.waiting.popleft()
            return launching.launch(self.children, job, place, retry_of=run_id)
        at_once = is_trying or self._results.stopped_by is not None
        if baseline := self._baselines.next(self.search.asked, at_once=at_once):
            return self._launch_anew(baseline, place)
        while self._wants_a_trial() and self.search.can_ask():
            self.study_lock.heartbeat()
            if self.interrupts.noted:
                return None
            hyperparameters = self.history.recorded(self.search.asked)
            params = None if hyperparameters is None else self.plan.params(hyperparameters)
            job = self.plan.job(*self.search.ask(params))
            job = rung.put(job, self.search, self.plan.fidelity, self._results.trials)
            if not self._recall(job):
                return self._launch_anew(job, place)
            self._judge()
        # No trial can have this place now.
        baseline = self._baselines.next(self.search.asked, at_once=self.search.asked > 0)
        return self._launch_anew(baseline, place) if baseline else None

    def _launch_anew(self, job: Job, place: Place) -> Child:
        return launching.launch(self.children, job, place, retry_of=self.history.retry_of(job))

    def _wants_a_trial(self) -> bool:
        return self._results.stopped_by is None and self.search.asked < self.plan.asks

    def _prepare_the_end(self) -> None:
        wants_more = self._baselines or self._retries.waiting or (self._wants_a_trial() and not self.search.exhausted)
        if not self._is_last and (not wants_more or self._left() < self.time.for_imports()):
            self._is_last = True
            self.at_last()

    def _recall(self, job: Job) -> bool:
        """Take in a child's result from the record; tell whether there was one, so that the child need not be run."""
        steps_of = self.children.steps if self.search.prunes or job.rung else None
        objectives = [objective.name for objective in self.children.objectives]
        recalled = self.history.recall(job, self.children.recorded(job), objectives, steps_of, self.plan.constraints)
        if recalled is None:
            return False
        if isinstance(recalled, Adopted):
            self._settle(recalled)
        elif job.number is None:
            self._results.baselines.append(recalled)
        else:
            if self.search.prunes:  # the pruner notes in it what later trials are compared with
                self.search.judge(job.number, recalled.outcome.steps)
            self._take_in(recalled)
        return True

    def _settle(self, child: Child | Adopted) -> None:
        may_retry = self._retries.may(child.job)
        steps = child.job.rung.steps if child.job.rung else ()
        pruned_at = None
        if self.search.prunes and child.number is not None:
            steps = self.children.steps(child.run_id, ended=True)
            pruned_at = self.search.judge(child.number, steps)
            steps = [(step, value) for step, value in steps if pruned_at is None or step <= pruned_at]
        result = settling.settle(self.children, self.interrupts, child, steps, pruned_at, may_retry=may_retry)
        if self._retries.take(result):
            return
        self._results.check_try(result)
        if child.number is None:
            self._results.baselines.append(result)
        else:
            self._take_in(result)

    def _take_in(self, result: TrialResult) -> None:
        self._results.trials[result.job.place] = result
        self.reporter.news()
        self.search.settle(result.job.place, result.outcome)

    def _prune(self) -> None:
        """Ask running trials to end that the pruner gives up."""
        if not self.search.prunes or time.monotonic() - self._last_prune < _PRUNE_EVERY_S:
            return
        for child in self.pool.running:
            if child.number is not None and (
                child.asked_to_end is not None
                or self.search.judge(child.number, self.children.steps(child.run_id)) is not None
            ):
                child.ask_to_end()
        self._last_prune = time.monotonic()

    def _judge(self) -> None:
        """Judge the trials that have ended, in the order of their numbers: the best so far, and whether to go on."""
        while self._results.judge_next():
            best = self._results.rules.best.value
            if best is not None:
                self._best_so_far.note(best, self._results.judged - 1)
            result = self._results.trials[self._results.judged - 1]
            if not result.job.is_promoted:
                self._progress.advance(best, failed=result.outcome.state == TrialState.FAIL, most_left_s=self._left())
            if self._results.stopped_by is not None:
                self.pool.end(child for child in self.pool.running if child.number is not None)
                self._retries.drop_trials()
                for result in self._results.remove_unjudged():
                    self.children.disown(result)
        self._best_so_far.write_if_due()
