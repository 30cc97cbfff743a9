"""The model registry, on a real database: who becomes the champion."""

from dataclasses import replace

import mlflow
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from steps.names import Tag
from steps.tuning.champion import registry
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from tests.tuning import fakes

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


HELD_OUT = Objective("test_accuracy", MAXIMIZE)


def registered(run, by=HELD_OUT):
    return registry.register("flowers", run, by)


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
    for other in (
        {"data": "d2"},
        {"seed": 2},
        {"test_size": 0.3},
        {"split": "group:a"},
        {"weight": "w"},
        {"positive": "a"},
    ):
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


def of_script(loss, project=None):
    """A run of somebody's own entry point, with a model and an objective of which less is better."""
    with mlflow.start_run() as run:
        mlflow.set_tags({"mlflow.project.entryPoint": "fit", **({Tag.PROJECT: project} if project else {})})
        mlflow.log_metric("loss", loss)
        model = DummyClassifier().fit(np.zeros((2, 1)), [0, 1])
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"], serialization_format="skops")
    return mlflow.get_run(run.info.run_id)


def test_models_of_own_entry_points_are_compared_by_the_objective(client):
    """In its direction; with those of another project or entry point not at all."""
    loss = Objective("loss", MINIMIZE)
    assert registered(of_script(0.5), loss).endswith("champion: the first of its name")
    assert registered(of_script(0.7), loss).endswith("challenger: version 1 is better by 0.2 (loss 0.7 against 0.5)")
    assert registered(of_script(0.4), loss).endswith("champion: better than version 1 by 0.1 (loss 0.4 against 0.5)")
    other = registered(of_script(0.1, project="https://host/x"), loss)
    assert other.endswith("challenger: not compared with version 3, which is of the entry point 'fit'")
    assert holder(client) == "3"


def test_which_objective_that_is():
    """The study's; of two, the one by which the champion is picked. `train` has its score on the held-out rows."""
    plan = fakes.plan()
    assert registry.judged_by(plan) == plan.objectives[0]
    two = (Objective("loss", MINIMIZE), Objective("size", MINIMIZE))
    picked = replace(plan, objectives=two, settings=replace(plan.settings, pick="size"))
    assert registry.judged_by(picked) == two[1]
    train = replace(plan, entry=EntryPoint("t", {}, runs_train=True), settings=replace(plan.settings, metric="f1"))
    assert registry.judged_by(train) == Objective("test_f1", MAXIMIZE)
