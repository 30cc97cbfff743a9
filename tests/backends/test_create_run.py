"""A child run is created with all that is known of it."""

import pytest
from mlflow import projects
from mlflow.projects.utils import get_or_create_run
from mlflow.tracking import MlflowClient

from steps.backends.create_run import born_with, with_backend
from steps.project.environment import PROJECT
from steps.tracking import write


def create(client: MlflowClient):
    made = get_or_create_run(None, str(PROJECT), "0", str(PROJECT), None, "train", {"max_depth": "3"})
    return client.get_run(made.info.run_id)


def test_a_run_has_its_name_tags_and_metrics_beside_what_mlflow_gives_it(client):
    """They are there when the run is; the parameters and tags of MLflow's own are not lost."""
    with born_with("trial 007", {"tuning.role": "trial"}, [write.metric("trial", 7)]):
        run = create(client)
    assert run.info.run_name == "trial 007"
    assert run.data.tags["tuning.role"] == "trial"
    assert run.data.tags["mlflow.project.entryPoint"] == "train"
    assert run.data.metrics == {"trial": 7}
    assert (run.data.params["max_depth"], run.data.params["data"]) == ("3", "iris")


def test_afterwards_runs_are_born_as_ever(client):
    """What was set for one run is not given to the next, even if the creation of the first failed."""
    with pytest.raises(ZeroDivisionError), born_with("trial 007", {"tuning.role": "trial"}, []):
        raise ZeroDivisionError
    run = create(client)
    assert run.info.run_name != "trial 007"
    assert "tuning.role" not in run.data.tags


def test_only_our_backends_runs_are_spared_the_request_that_names_their_backend(client, monkeypatch):
    """They are born with that tag; another backend's run, and any other tag, gets it as ever."""
    monkeypatch.setitem(vars(projects), "tracking", vars(projects)["tracking"])  # so that all is undone
    run_id = create(client).info.run_id
    with_backend()
    told = vars(projects)["tracking"].MlflowClient()
    for key, value in (("mlflow.project.backend", "warm"), ("mlflow.runName", "warm")):
        told.set_tag(run_id, key, value)
    assert "mlflow.project.backend" not in client.get_run(run_id).data.tags
    assert client.get_run(run_id).info.run_name == "warm"
    told.set_tag(run_id, "mlflow.project.backend", "kubernetes")
    assert client.get_run(run_id).data.tags["mlflow.project.backend"] == "kubernetes"
