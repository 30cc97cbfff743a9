"""Children that run a trial once more, beside the search: run to their end, or taken from the record."""

import shlex
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from mlflow.entities import Run
from optuna.trial import TrialState

from steps.names import Tag
from steps.process.signals import Interrupts
from steps.tracking import outage
from steps.tuning.record.lock import StudyLock
from steps.tuning.search.search import Outcome
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.trial import Child, Job, TrialResult


@dataclass
class Rerun:
    """Runs such children, at most `jobs` at a time; a failure that may pass is tried again, `retries` times."""

    children: ChildRuns
    interrupts: Interrupts
    study_lock: StudyLock
    jobs: int
    retries: int
    known: list[Run] = field(default_factory=list)  # on record of the study, from earlier starts

    def run(self, jobs: Iterable[Job]) -> list[TrialResult]:
        """Run them; return how they ended, in their order. An interrupt ends them: then fewer are returned."""
        wanted = list(jobs)
        found = {index: ended for index, job in enumerate(wanted) if (ended := self._recalled(job)) is not None}
        waiting = deque((index, 0, "") for index in range(len(wanted)) if index not in found)
        pool, at_work = Pool(self.children, self.jobs), {}

        def launch() -> Child | None:
            if not waiting:
                return None
            index, tried, before = waiting.popleft()
            child = self.children.launch(wanted[index], retry_of=before or None)
            at_work[child.run_id] = (index, tried)
            return child

        try:
            while (waiting or pool.running) and not self.interrupts.noted:
                self.study_lock.heartbeat()
                pool.fill(launch)
                for child in pool.wait(self.interrupts.descriptor, self.study_lock.due_s()):
                    index, tried = at_work.pop(child.run_id)
                    ended = self.children.settle(child, may_retry=tried < self.retries)
                    if ended.retried:
                        waiting.append((index, tried + 1, ended.run_id))
                    else:
                        found[index] = ended
        except Exception as error:
            if outage.is_outage(error):
                outage.give_up()
            raise
        finally:
            pool.end(pool.running)
            self.interrupts.answered()
        return [found[index] for index in sorted(found)]

    def _recalled(self, job: Job) -> TrialResult | None:
        """Return how such a child ended in an earlier start of the study, if it ended well."""
        wanted = {key: shlex.quote(value) for key, value in self.children.command(job).items()}  # as MLflow logs them
        for run in self.known:
            tags = run.data.tags
            if (
                tags.get(Tag.ROLE) == job.role
                and tags.get(Tag.STATE) == TrialState.COMPLETE.name
                and tags.get(Tag.TRIAL) == str(job.number)
                and wanted.items() <= run.data.params.items()
            ):
                values = tuple(run.data.metrics[objective.name] for objective in self.children.objectives)
                return TrialResult(job, run.info.run_id, Outcome(TrialState.COMPLETE, values))
        return None
