"""Child runs that nobody settled: real runs in a real database."""

from typing import Any

from mlflow.tracking import MlflowClient

from steps.names import Tag
from steps.tuning.record import leftovers


def test_runs_that_a_server_made_twice_are_settled(trial: Any, parent_run: str) -> None:
    """What is still RUNNING of a study at its end belongs to nobody."""
    run_id = trial(None)
    leftovers.settle_running("0", "mine")
    run = MlflowClient().get_run(run_id)
    assert (run.info.status, run.data.tags[Tag.STATE]) == ("KILLED", "STOPPED")
