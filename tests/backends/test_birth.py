"""A child run is created with all that is known of it."""

import pytest
from mlflow.projects.utils import get_or_create_run
from mlflow.tracking import MlflowClient

from steps import tracking
from steps.backends.birth import born_with
from steps.environment import PROJECT


def create(client: MlflowClient):
    made = get_or_create_run(None, str(PROJECT), "0", str(PROJECT), None, "train", {"max_depth": "3"})
    return client.get_run(made.info.run_id)


def test_a_run_has_its_name_tags_and_metrics_beside_what_mlflow_gives_it(client):
    """They are there when the run is; the parameters and tags of MLflow's own are not lost."""
    with born_with("trial 007", {"tuning.role": "trial"}, [tracking.metric("trial", 7)]):
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
