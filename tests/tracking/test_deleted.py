"""What becomes of a step whose run, or whose experiment, is deleted while it writes: real runs in a real database."""

from collections.abc import Callable

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.errors import StepError
from steps.tracking import deleted, own_run, write


def study(client: MlflowClient, name: str = "deletions") -> str:
    """The parent run of a study, in an experiment of its own."""
    run = client.create_run(client.create_experiment(name), tags={"tuning.study": "mine"}, run_name="the parent")
    return str(run.info.run_id)


def delete_run(client: MlflowClient, run_id: str) -> None:
    client.delete_run(run_id)


def delete_experiment(client: MlflowClient, run_id: str) -> None:
    client.delete_experiment(client.get_run(run_id).info.experiment_id)


def delete_for_good(client: MlflowClient, run_id: str) -> None:
    """As `mlflow gc` does, by the store's own function."""
    client.delete_run(run_id)
    client._tracking_client.store._hard_delete_run(run_id)


GOES_ON = "then the same command with --study 'mine' goes on"


@pytest.mark.parametrize(
    ("delete", "sentence"),
    [
        (delete_run, f"run {{run}} (the parent) in {{uri}} was deleted meanwhile: restore it by `mlflow runs restore "
         f"--run-id {{run}}`, {GOES_ON}"),
        (delete_experiment, "the experiment 'deletions' in {uri} was deleted meanwhile: restore it by `mlflow "
         f"experiments restore --experiment-id 1`, {GOES_ON}"),
        (delete_for_good, "run {run} was deleted meanwhile, and is gone from {uri} for good: start again"),
    ],
)  # fmt: skip
def test_a_step_whose_run_is_deleted_says_so_in_a_sentence(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, delete: Callable[[MlflowClient, str], None], sentence: str
) -> None:
    """Whatever was deleted is named, with the command that restores it."""
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id := study(client))
    with pytest.raises(StepError) as caught, own_run.own_run({}):
        delete(client, run_id)
        write.record(run_id, tags={"x": "y"})
    assert str(caught.value) == sentence.format(run=run_id, uri=client.tracking_uri)
    assert caught.value.exit_code == 1


def test_a_run_that_is_deleted_before_its_step_begins_is_named(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`mlflow run` makes it, and imports take seconds."""
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id := study(client))
    client.delete_run(run_id)
    with pytest.raises(StepError, match="was deleted meanwhile: restore it"), own_run.own_run({}):
        pytest.fail("it began")


def test_another_run_that_was_deleted_is_named(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as the champion's, which the study's registers."""
    monkeypatch.setenv("MLFLOW_RUN_ID", study(client))
    other = client.create_run("0").info.run_id
    with pytest.raises(StepError, match=f"run {other} .* was deleted meanwhile"), own_run.own_run({}):
        client.delete_run(other)
        write.record(other, tags={"x": "y"})


def test_a_write_that_nobody_needs_is_left_out(client: MlflowClient) -> None:
    """To a run that was deleted; an error of another run is raised."""
    run_id, other = (client.create_run("0").info.run_id for _ in range(2))
    client.delete_run(run_id)
    with deleted.ignored(run_id):
        write.record(run_id, tags={"x": "y"})
    with pytest.raises(MlflowException), deleted.ignored(other):
        write.record(run_id, tags={"x": "y"})
