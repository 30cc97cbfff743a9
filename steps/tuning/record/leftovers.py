"""Child runs that a tuner left unsettled, since it was killed or the server's answer was lost."""

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.names import Role, State, Tag
from steps.tracking import inner_runs, read, write
from steps.tuning.trials.trial import SETTLED, status_of


def settle(run: Run) -> None:
    """Write to a child's run that it was cut off: STOPPED, with the status KILLED, and counted nowhere.

    A tuner writes a child's state first and then its status. If it died in between, the run keeps the state and gets
    the status that goes with it.
    """
    state = run.data.tags.get(Tag.STATE)
    if state not in (*SETTLED, State.STOPPED, State.RETRIED):
        write.record(run.info.run_id, tags={Tag.STATE: State.STOPPED})
    if Tag.STARTS_RUNS in run.data.tags:
        inner_runs.end(run.info.run_id, "KILLED")
    if run.info.status in ("RUNNING", "SCHEDULED"):
        on_rung = Tag.BUDGET in run.data.tags
        status = status_of(SETTLED[state], on_rung=on_rung) if state in SETTLED else "KILLED"
        MlflowClient().set_terminated(run.info.run_id, status)


def settle_running(experiment_id: str, study: str) -> None:
    """Settle the children of an ended study that are still RUNNING.

    A server may have made a run twice: its first answer was lost, so the request was sent again.
    """
    children = f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` != '{Role.STUDY}'"
    for run in read.find_runs([experiment_id], f"attributes.status = 'RUNNING' AND {children}"):
        settle(run)
