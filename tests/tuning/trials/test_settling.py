"""A child whose end says nothing of the trial: real runs in a real database, of children that are no processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.names import State, Tag
from steps.tuning.trials import settling
from steps.tuning.trials.trial import Child, TrialResult
from tests.tuning.fakes import FakeInterrupts
from tests.tuning.trials.fake import FakeRun, child
from tests.tuning.trials.test_child_runs import ACCURACY, study_of

KILLED = "killed by SIGTERM"


@pytest.fixture
def ended(client: MlflowClient, tmp_path: Path) -> Iterator[Callable[[str | None], Child]]:
    """Make a child that has ended so, and has logged its score."""
    runs: list[FakeRun] = []

    def make(failure: str | None) -> Child:
        run_id = client.create_run("0").info.run_id
        client.log_metric(run_id, "cv_accuracy", 0.5)
        runs.append(FakeRun(run_id, tmp_path / "none.log"))
        runs[-1].end(failure)
        return child(7, runs[-1])

    yield make
    for run in runs:
        run.close()


@pytest.fixture
def settle(client: MlflowClient, tmp_path: Path) -> Callable[..., TrialResult]:
    """Settle a child of a study that may not retry it."""

    def settled(one: Child, *, noted: bool = False) -> TrialResult:
        interrupts = FakeInterrupts(noted)
        return settling.settle(study_of(tmp_path, ACCURACY), interrupts, one, may_retry=False)  # type: ignore[arg-type]

    return settled


@pytest.mark.parametrize("failure", [None, "exit code 1"])
def test_a_child_whose_run_was_deleted_is_run_again(client, ended, settle, capsys, failure):
    """Whatever `retries` says, and whatever became of the process: the trial has not failed."""
    one = ended(failure)
    client.delete_run(one.run_id)
    settled = settle(one)
    assert (settled.retried, settled.is_free, settled.reason) == (True, True, "its run was deleted")
    assert capsys.readouterr().err == f"tune: run {one.run_id} was deleted: trial 007 is run again\n"


def test_a_child_that_the_signal_to_the_study_has_ended_is_stopped(client, ended, settle):
    """It has not failed: the study that is resumed runs it again. Without the signal it has."""
    for failure, noted, state, status in (
        (KILLED, True, State.STOPPED, "KILLED"),
        (KILLED, False, State.FAIL, "FAILED"),
        ("exit code 1", True, State.FAIL, "FAILED"),
        (None, True, State.COMPLETE, "FINISHED"),
    ):
        settled = settle(ended(failure), noted=noted)
        run = client.get_run(settled.run_id)
        assert (run.data.tags[Tag.STATE], run.info.status) == (state, status), (failure, noted)
        assert settled.retried == (state == State.STOPPED)
        assert (settled.outcome.state == TrialState.COMPLETE) == (failure is None)
