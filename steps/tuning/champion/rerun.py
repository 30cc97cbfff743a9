"""Children that run a trial once more, after the search: run to their end, or taken from the record."""

import shlex
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from mlflow.entities import Run
from optuna.trial import TrialState

from steps.errors import Interrupted
from steps.names import State, Tag
from steps.process.signals import Interrupts
from steps.tracking import outage, whole
from steps.tuning.phase import Phase
from steps.tuning.record.lock import StudyLock
from steps.tuning.search.search import Outcome
from steps.tuning.trials import launching, settling
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.places import Place, Places
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.trial import Child, Job, TrialResult


@dataclass
class Rerun:
    """Runs such children, each at a place; a transient failure is retried, at most `retries` times.

    `recorded` are the runs of an earlier start of the study that ran a trial once more.
    """

    children: ChildRuns
    interrupts: Interrupts
    study_lock: StudyLock
    places: Places
    retries: int
    recorded: list[Run] = field(default_factory=list)

    def run(self, jobs: Iterable[Job], what: str = "") -> list[TrialResult]:
        """Run jobs; return their results in the order of the jobs, fewer if an interrupt has ended some.

        `what` says on stderr what is done, if some are run.
        """
        wanted = list(jobs)
        results = {index: result for index, job in enumerate(wanted) if (result := self._recall(job)) is not None}
        waiting = deque((index, 0, self._cut_off(job)) for index, job in enumerate(wanted) if index not in results)
        pool, at_work = Pool(self.children, self.places), {}
        phase = Phase(wanted[0].role if wanted else "")

        def launch(place: Place) -> Child | None:
            if not waiting:
                return None
            index, tried, before = waiting.popleft()
            child = launching.launch(self.children, wanted[index], place, retry_of=before or None)
            at_work[child.run_id] = (index, tried)
            return child

        try:
            while (waiting or pool.running) and not self.interrupts.noted:
                self.study_lock.heartbeat()
                pool.fill(launch)
                phase.tell(what)
                seconds = min(self.study_lock.seconds_to_heartbeat(), phase.seconds_to_line())
                for child in pool.wait(self.interrupts.descriptor, seconds):
                    index, tried = at_work.pop(child.run_id)
                    result = settling.settle(self.children, self.interrupts, child, may_retry=tried < self.retries)
                    if result.retried:
                        waiting.append((index, tried + (not result.is_free), result.run_id))
                    else:
                        results[index] = result
        except (Exception, Interrupted) as error:
            if outage.is_outage(error):
                outage.give_up()
            raise
        finally:
            pool.end(pool.running)
            phase.end()
            self.interrupts.answered()
        return [results[index] for index in sorted(results)]

    def _recall(self, job: Job) -> TrialResult | None:
        """Return a job's result from an earlier start of the study, if it ended well there."""
        for run in self._recorded(job):
            if run.data.tags.get(Tag.STATE) == State.COMPLETE:
                values = tuple(run.data.metrics[objective.name] for objective in self.children.objectives)
                excess = tuple(each.excess(run.data.metrics) for each in self.children.constraints)
                return TrialResult(job, run.info.run_id, Outcome(TrialState.COMPLETE, values, excess=excess))
        return None

    def _cut_off(self, job: Job) -> str:
        """Return the id of the newest run of a job on record, from whose checkpoint it may go on; empty if none is."""
        return next((str(run.info.run_id) for run in reversed(self._recorded(job))), "")

    def _recorded(self, job: Job) -> list[Run]:
        """Return a job's runs in earlier starts of the study: of the same role, trial and parameters."""
        # MLflow logs the parameters of a project's run quoted for a shell.
        quoted = {key: shlex.quote(value) for key, value in self.children.command(job).items()}
        parameters, _ = whole.split_parameters(quoted)
        number = None if job.number is None else str(job.number)
        return [
            run
            for run in self.recorded
            if run.data.tags.get(Tag.ROLE) == job.role
            and run.data.tags.get(Tag.TRIAL) == number
            and parameters.items() <= run.data.params.items()
        ]
