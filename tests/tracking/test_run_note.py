"""What MLflow's UI says of a step's run that trained nothing."""

import logging
import os

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Variable
from steps.tracking import run_note

REFUSED = WrongValue("-P n_trials='abc': must be a whole number from 1")


def said(client: MlflowClient, run_id: str) -> tuple[str | None, str | None]:
    """The description of a run, and its role."""
    tags = client.get_run(run_id).data.tags
    return tags.get("mlflow.note.content"), tags.get("tuning.role")


def test_a_refused_command_s_run_says_that_nothing_was_run_and_why(client, monkeypatch):
    """It is the one that `mlflow run` has made, or the step's own; what has a meaning in Markdown is escaped."""
    run_id = client.create_run("0").info.run_id
    monkeypatch.setenv(Variable.RUN_ID, run_id)
    run_note.refused(REFUSED)
    assert said(client, run_id) == ("Nothing was run: -P n\\_trials='abc': must be a whole number from 1", "nothing")
    two = WrongValue("one", "two")
    two.run_id = client.create_run("0").info.run_id
    run_note.refused(two)
    assert said(client, two.run_id) == ("Nothing was run: \n- one\n- two", "nothing")


@pytest.mark.parametrize(
    "variables",
    [
        {Variable.TUNER: "1"},  # a trial's run: its tuner describes it
        {"MLFLOW_TRACKING_URI": "sqlite:///no-such.db"},  # that of another folder, where the run is not
        {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"},  # where nothing answers
        {Variable.RUN_ID: "0" * 32},  # no such run
    ],
)
def test_a_run_that_is_another_s_or_out_of_reach_is_left_alone(
    client, monkeypatch, tmp_path, variables, capsys, caplog
):
    """At once, without a word, and without a new database; what was set stays as it was."""
    run_id = client.create_run("0").info.run_id
    uri = os.environ["MLFLOW_TRACKING_URI"]
    monkeypatch.chdir(tmp_path)
    for name, value in {Variable.RUN_ID: run_id, **variables}.items():
        monkeypatch.setenv(name, value)
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    before = dict(os.environ)
    run_note.refused(REFUSED)
    assert dict(os.environ) == before
    assert (capsys.readouterr(), caplog.records) == (("", ""), [])
    assert not (tmp_path / "no-such.db").exists()
    assert logging.getLogger().isEnabledFor(logging.CRITICAL)
    assert said(MlflowClient(uri), run_id) == (None, None)


def test_a_step_that_is_started_by_hand_has_no_run_to_describe(client, monkeypatch):
    """Nothing is written, and nothing fails."""
    monkeypatch.delenv(Variable.RUN_ID, raising=False)
    run_note.refused(REFUSED)
    run_note.of_this_step("Nothing was run.")
    assert client.search_runs(["0"]) == []
