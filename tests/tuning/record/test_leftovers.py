"""Child runs that nobody settled: real runs in a real database."""

from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from steps.names import Tag
from steps.tuning.record import leftovers


def test_runs_that_a_server_made_twice_are_settled(trial: Any, parent_run: str) -> None:
    """What is still RUNNING of a study at its end belongs to nobody."""
    run_id = trial(None)
    leftovers.settle_running("0", "mine")
    run = MlflowClient().get_run(run_id)
    assert (run.info.status, run.data.tags[Tag.STATE]) == ("KILLED", "STOPPED")


@pytest.mark.parametrize(("budget", "status"), [({}, "KILLED"), ({"budget": "3"}, "FINISHED")])
def test_a_run_whose_tuner_died_before_its_status_gets_the_one_of_its_state(
    budget: dict[str, str], status: str, trial: Any, client: MlflowClient
) -> None:
    """PRUNED is what a pruner ended or, on a rung, what did its work: `reproduce` repeats that."""
    run_id = trial("PRUNED", **budget)
    leftovers.settle_running("0", "mine")
    run = client.get_run(run_id)
    assert (run.info.status, run.data.tags[Tag.STATE]) == (status, "PRUNED")
