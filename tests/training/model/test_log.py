"""How fitted models are saved: without code where that is possible, and giving the same predictions."""

import importlib
import signal
import warnings

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from steps import spaces
from steps.errors import Interrupted
from steps.names import Tag
from steps.training.model import estimator, pipeline
from steps.training.shipped import table_rows
from steps.tuning import space

pytestmark = pytest.mark.e2e  # what writes models takes a second to import

DATA = {"classification": load_iris, "regression": load_diabetes}
SHIPPED = sorted(
    {
        (task, path or estimator.DEFAULTS[task])
        for name in spaces.names()
        for task, file in space.load(name).spaces.items()
        for path in file.estimators
    }
)


class Majority(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator of somebody's own."""

    def fit(self, features, target):
        self.classes_, counts = np.unique(target, return_counts=True)
        self.winner_ = self.classes_[counts.argmax()]
        return self

    def predict(self, features):
        return np.full(len(features), self.winner_)


def fitted(task, path, rows=150):
    """Fit an estimator, quickly, as `train` does; return it with the features."""
    features, target = DATA[task](return_X_y=True, as_frame=True)
    features, target = features.sample(rows, random_state=0), target.sample(rows, random_state=0)
    built = estimator.build(estimator.import_maker(path, task), {}, seed=0, threads=1)
    known = built.get_params()
    few = {"n_estimators": 5, "max_iter": 5}
    built.set_params(**{key: few[key.rpartition("__")[2]] for key in known if key.rpartition("__")[2] in few})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of so few iterations
        return built.fit(features, target), features


def of_a_table():
    """Fit a forest behind skrub's steps to a table with text, dates and gaps."""
    features, target = load_iris(return_X_y=True, as_frame=True)
    features["colour"] = pd.Series(["red", "green", None] * 50, dtype="str")
    features["day"] = pd.date_range("2026-01-01", periods=150)
    kind = estimator.import_maker(estimator.DEFAULTS["classification"], "classification")
    built = estimator.build(kind, {"n_estimators": 5}, seed=0, threads=1)
    return pipeline.around(built, kind, features, seed=0).fit(features, target), features


@pytest.fixture
def log():
    """The module, which each worker that only collects these tests does without."""
    return importlib.import_module("steps.training.model.log")


@pytest.fixture
def skops_io():
    return importlib.import_module("skops.io")


def answers(of, features):
    """Return all that a model says of some rows."""
    return [getattr(of, name)(features) for name in ("predict", "predict_proba") if hasattr(of, name)]


@pytest.mark.parametrize(("task", "path"), SHIPPED, ids=[path for _, path in SHIPPED])
def test_a_model_of_a_shipped_space_loads_without_code_and_predicts_the_same(task, path, log, skops_io):
    """Each estimator of the shipped spaces is saved by skops, and what comes back predicts the same to the last bit."""
    made, features = fitted(task, path)
    saved = log.serialization(made, features)
    assert saved["serialization_format"] == "skops"
    back = skops_io.loads(skops_io.dumps(made), trusted=saved["skops_trusted_types"])
    for answer, expected in zip(answers(back, features), answers(made, features), strict=True):
        assert np.array_equal(answer, expected)


def test_a_pipeline_for_tables_loads_without_code(log):
    """What skrub puts in front of an estimator is saved by skops too."""
    assert log.serialization(*of_a_table())["serialization_format"] == "skops"


def others():
    """Yield models that skops can't take, or should not."""
    yield "own", Majority()
    yield "lambda", make_pipeline(FunctionTransformer(lambda table: table * 2), LogisticRegression(max_iter=1000))
    yield (
        "encoded labels",
        estimator.build(estimator.import_maker("xgboost.XGBClassifier", "classification"), {}, seed=0, threads=1),
    )


@pytest.mark.parametrize("name", ["own", "lambda", "encoded labels"])
def test_what_is_not_of_the_trusted_packages_is_pickled(name, log):
    """A class of the user's own, a lambda, a classifier of another package: cloudpickle, and no types to trust."""
    features, target = load_iris(return_X_y=True, as_frame=True)
    made = dict(others())[name].fit(features, target)
    assert log.serialization(made, features) == {"serialization_format": "cloudpickle"}


def test_a_model_that_does_not_come_back_the_same_is_pickled(monkeypatch, log, skops_io):
    """Where what skops gives back predicts something else, the model is saved by cloudpickle."""
    made, features = fitted("classification", "sklearn.linear_model.LogisticRegression")
    other, _ = fitted("classification", "sklearn.linear_model.LogisticRegression", rows=20)
    other.coef_ = -other.coef_
    monkeypatch.setattr(skops_io, "loads", lambda *_, **__: other)
    assert log.serialization(made, features)["serialization_format"] == "cloudpickle"


def test_an_interrupt_is_no_reason_to_pickle(monkeypatch, log, skops_io):
    """A signal while skops is tried ends the step: the model is not saved in another format."""

    def interrupted(_):
        raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr(skops_io, "dumps", interrupted)
    with pytest.raises(Interrupted):
        log.serialization(*fitted("classification", "sklearn.linear_model.LogisticRegression"))


@pytest.mark.parametrize("saved_by", ["skops", "cloudpickle"])
def test_a_logged_model_is_tagged_with_its_format_and_predicts_the_same(saved_by, place, log):
    """The run says how its model is saved; loaded back by MLflow it predicts the same to the last bit."""
    if saved_by == "skops":
        made, features = of_a_table()
    else:
        features, target = load_iris(return_X_y=True, as_frame=True)
        made = dict(others())["encoded labels"].fit(features, target)
    mlflow.set_tracking_uri(place.uri)
    MlflowClient(place.uri).create_experiment("here", artifact_location=f"{place.folder}/artifacts")
    mlflow.set_experiment("here")
    with mlflow.start_run() as run:
        log.log(log.with_rows(made, table_rows.columns_of(features, {}), plain=saved_by != "skops"), features)
    tags = place.client.get_run(run.info.run_id).data.tags
    assert tags[Tag.MODEL_FORMAT] == saved_by
    (logged,) = place.client.get_run(run.info.run_id).outputs.model_outputs
    back = mlflow.sklearn.load_model(f"models:/{logged.model_id}")
    for answer, expected in zip(answers(back, features), answers(made, features), strict=True):
        assert np.array_equal(answer, expected)
