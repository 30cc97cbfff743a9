"""Children that are run again, since their failure may pass."""

from collections import Counter, deque
from dataclasses import dataclass, field

from steps.tuning.trials.trial import Job, TrialResult


@dataclass
class Retries:
    """The jobs that wait to be run again, each with the id of the run that failed; one is, at most `limit` times."""

    limit: int
    counts: Counter[int | str | None] = field(default_factory=Counter)  # see `_key`
    waiting: deque[tuple[Job, str]] = field(default_factory=deque)

    def may(self, job: Job) -> bool:
        """Tell whether a job may be run again if it fails."""
        return self.counts[_key(job)] < self.limit

    def take(self, result: TrialResult) -> bool:
        """Queue a child that is to be run again; tell whether it is."""
        if result.retried:
            self.counts[_key(result.job)] += not result.is_free
            self.waiting.append((result.job, result.run_id))
        return result.retried

    def drop_trials(self) -> None:
        """Leave only the baselines: no trial is wanted any more."""
        self.waiting = deque((job, run_id) for job, run_id in self.waiting if job.number is None)


def _key(job: Job) -> int | str | None:
    """Return what a job's retries are counted by: a trial's place in the study, a baseline's estimator."""
    return job.estimator if job.number is None else job.place
