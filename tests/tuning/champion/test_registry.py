"""The model registry, on a real database: who becomes the champion."""

import mlflow
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from steps.tuning.champion import registry

SPLIT = {"target": "y", "drop": "none", "split": "stratified", "task": "classification", "seed": 1, "test_size": 0.2}
pytestmark = pytest.mark.e2e


def champion(score, data="d1", **changed):
    """A run that has logged a model and a held-out score."""
    with mlflow.start_run() as run:
        mlflow.log_params({**SPLIT, **changed})
        mlflow.set_tag("tuning.data", data)
        mlflow.log_metric("test_accuracy", score)
        model = DummyClassifier().fit(np.zeros((2, 1)), [0, 1])
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"], serialization_format="skops")
    return mlflow.get_run(run.info.run_id)


def registered(run):
    return registry.register("flowers", run, "accuracy")


def holder(client, alias="champion"):
    return str(client.get_model_version_by_alias("flowers", alias).version)  # a number or text, by the store


def test_the_alias_moves_to_the_better_one_alone(client):
    """First come first: then only who is better on the same held-out rows is champion; else challenger, and why."""
    assert registered(champion(0.8)) == "Registered: flowers version 1, champion: the first of its name"
    assert registered(champion(0.7)).endswith("challenger: version 1 is better by 0.1 (test_accuracy 0.7 against 0.8)")
    assert registered(champion(0.8)).endswith("challenger: no better than version 1 (test_accuracy 0.8 against 0.8)")
    assert holder(client) == "1"
    assert holder(client, "challenger") == "3"
    better = champion(0.9)
    assert "version 4, champion: better than version 1 by 0.1" in registered(better)
    assert holder(client) == "4"
    assert "better than version 1 by 0.1" in client.get_model_version("flowers", "4").description
    assert registered(better) == "Registered: flowers version 4 is the champion already"
    assert "better than version 1" in client.get_model_version("flowers", "4").description
    for other in ({"data": "d2"}, {"seed": 2}, {"test_size": 0.3}, {"split": "group:a"}):
        (name,) = other
        sentence = registered(champion(1.0, **other))
        assert "challenger: not compared with version 4, which had other held-out rows" in sentence
        assert f"({name} differ)" in sentence
    assert holder(client) == "4"


def test_a_run_without_a_model_is_not_registered(client):
    """An entry point that logs no model can't have one registered."""
    with mlflow.start_run() as run:
        pass
    assert registered(mlflow.get_run(run.info.run_id)) == f"Not registered: run {run.info.run_id} has logged no model"
