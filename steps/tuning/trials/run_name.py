"""What the run of a child is called."""

from steps.names import Role
from steps.tuning.trials.trial import Job


def of(job: Job, digits: int, *, several: bool) -> str:
    """Return the name of a job's run: `trial 007`, `trial 007 · epochs 9`, `baseline`, `champion`.

    A trial's number has so many digits. A baseline is named after its estimator if the study has `several`.
    """
    if job.role == Role.CHAMPION:
        return job.role
    if job.number is not None and job.rung is not None:
        return f"{Role.TRIAL} {job.number:0{digits}d} · {job.rung.name} {job.rung.budget}"
    if job.number is not None:
        return f"{job.role or Role.TRIAL} {job.number:0{digits}d}"
    name = (job.estimator or "").rpartition(".")[2]
    if job.role:
        return f"{job.role} {name or Role.BASELINE}"
    return f"{Role.BASELINE} {name}" if several else Role.BASELINE
