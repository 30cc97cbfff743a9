"""What MLflow's functions mean in a trial's own code: they are wrapped in this process, and afterwards as they were."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow.entities import Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.backends.warm import mlflow_calls
from steps.names import Tag

RECORDED = {"rate": "1e-3", "text": "'hello world'", "flag": "false"}


@pytest.fixture
def trial(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a run that MLflow has launched, in whose process MLflow's functions are wrapped."""
    run_id = client.create_run("0").info.run_id
    client.log_batch(run_id, params=[Param(key, value) for key, value in RECORDED.items()])
    for name in ("create_run", "log_batch", "log_param"):
        monkeypatch.setattr(MlflowClient, name, getattr(MlflowClient, name))  # to be put back
    for name in ("set_experiment", "set_tracking_uri"):
        original = getattr(mlflow, name)
        for module in [module for module in sys.modules.values() if vars(module).get(name) is original]:
            monkeypatch.setattr(module, name, original)
    variables = {"MLFLOW_RUN_ID": run_id, "MLFLOW_EXPERIMENT_ID": "0", "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}
    mlflow_calls.begin(variables)
    assert json.loads(variables["TUNING_TRIAL"]) == [run_id, "0", mlflow.get_tracking_uri()]
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    yield run_id
    mlflow.end_run()


def tags(run_id: str, server: str | None = None) -> dict[str, str]:
    return dict(MlflowClient(server).get_run(run_id).data.tags)


def test_set_experiment_means_the_trials(trial: str) -> None:
    """The run that was launched goes on, and nobody has made an experiment; the tuner hears of it."""
    assert mlflow.set_experiment("mine").experiment_id == "0"
    with mlflow.start_run() as run:
        assert run.info.run_id == trial
    assert [experiment.name for experiment in mlflow.search_experiments()] == ["Default"]
    assert tags(trial)[Tag.ASKED_EXPERIMENT] == "mine"
    with pytest.raises(MlflowException, match="exactly one of"):
        mlflow.set_experiment("mine", "1")


def test_the_studys_own_experiment_is_nothing_to_speak_of(trial: str) -> None:
    """By its name or its id."""
    mlflow.set_experiment("Default")
    mlflow.set_experiment(experiment_id="0")
    assert Tag.ASKED_EXPERIMENT not in tags(trial)


def test_a_value_in_another_spelling_is_no_failure(trial: str) -> None:
    """By each of MLflow's functions; what is on record stays, and a really different value is refused."""
    with mlflow.start_run():
        mlflow.log_params({"rate": 0.001, "text": "hello world", "flag": False, "more": 1})
        assert mlflow.log_param("rate", 0.001) == 0.001
        assert mlflow.log_param("flag", "False") == "False"
        mlflow.log_params({"rate": 0.001}, synchronous=False).wait()  # type: ignore[union-attr]
        with pytest.raises(MlflowException, match="Changing param values"):
            mlflow.log_param("rate", 0.002)
        with mlflow.start_run(nested=True) as nested:
            mlflow.log_param("rate", 0.002)
    assert MlflowClient().get_run(trial).data.params == {**RECORDED, "more": "1"}
    assert MlflowClient().get_run(nested.info.run_id).data.params == {"rate": "0.002"}


def test_a_run_that_the_code_starts_is_known_by_a_tag(trial: str) -> None:
    """Nested or not; its own tags stay."""
    with mlflow.start_run(), mlflow.start_run(nested=True, tags={"own": "tag"}) as nested:
        pass
    other = MlflowClient().create_run("0")
    assert [tags(run.info.run_id)[Tag.WITHIN] for run in (nested, other)] == [trial, trial]
    assert tags(nested.info.run_id)["own"] == "tag"
    assert tags(trial)[Tag.STARTS_RUNS] == "true"


def test_another_server_is_named_without_its_password(trial: str, tmp_path: Path) -> None:
    """On the trial's run, on the trial's server; another spelling of that is the same server."""
    home = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(home + "/")
    assert Tag.OTHER_SERVER not in tags(trial, home)
    mlflow.set_tracking_uri("http://me:secret@server.example:5000")
    assert tags(trial, home)[Tag.OTHER_SERVER] == "http://…@server.example:5000"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://localhost:5000/", "http://127.0.0.1:5000", True),
        ("http://localhost:5000", "http://localhost:5001", False),
        ("sqlite:///mlflow.db", f"sqlite:///{Path.cwd()}/mlflow.db", True),
        ("sqlite:////a/mlflow.db", "sqlite:////b/mlflow.db", False),
        ("file:///a/mlruns", "/a/mlruns", True),
        ("databricks", "databricks", True),
    ],
)
def test_a_server_has_several_spellings(one: str, other: str, same: bool) -> None:
    """Names of this host, paths from the current folder, a slash at the end."""
    assert (mlflow_calls._same_place(one) == mlflow_calls._same_place(other)) is same


def test_outside_a_trial_nothing_is_wrapped() -> None:
    """A process that no trial has started has no run."""
    before = mlflow.set_experiment
    mlflow_calls.begin({})
    assert mlflow.set_experiment is before


def test_the_variable_stands_before_the_users_own() -> None:
    """Whatever PYTHONPATH is, once."""
    first = mlflow_calls.variables({})
    assert first == {"PYTHONPATH": mlflow_calls.ON_PATH}
    assert mlflow_calls.variables({"PYTHONPATH": "/mine"}) == {"PYTHONPATH": f"{mlflow_calls.ON_PATH}:/mine"}
    assert mlflow_calls.variables(first) == {}
