"""What the pictures show, in numbers, on the run."""

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, RidgeClassifier

from steps.tracking import evaluation
from steps.training.scores import importances, in_numbers
from steps.training.scores.held_out import Answers


@pytest.fixture
def log(client, tmp_path):
    """Log the numbers of a fitted model; return the file that the run has."""
    experiment = client.create_experiment("models", artifact_location=str(tmp_path / "artifacts"))

    def logged(model, task, features, target, **how):
        metric = "accuracy" if task == "classification" else "r2"
        measured = importances.measure(model, features, target, metric, 1, 60.0)
        with mlflow.start_run(experiment_id=experiment) as run:
            in_numbers.log(task, metric, Answers(model, features), target, measured, 1, **how)
        return Path(client.download_artifacts(run.info.run_id, "evaluation.json"))

    return logged


def two_classes():
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    target = target.map({0: "malignant", 1: "benign"}).astype(object).to_numpy()
    return features[::2], target[::2], features[1::2], target[1::2]


def test_of_classes(log):
    """Confusion, the curves of the positive class, calibration, and the importances of all features by rank."""
    fit, labels, features, target = two_classes()
    model = RandomForestClassifier(20, random_state=0).fit(fit, labels)
    made = evaluation.parse(log(model, "classification", features, target, positive="malignant").read_text())
    assert (made.task, made.metric, made.rows, made.weighted, made.predicted) == (
        "classification", "accuracy", len(target), False, None,
    )  # fmt: skip
    assert made.confusion is not None
    counts = np.array(made.confusion.counts)
    assert np.trace(counts) / counts.sum() == model.score(features, target)
    assert made.curves is not None
    assert [curve.name for curve in made.curves.classes] == ["malignant"]
    assert made.curves.classes[0].roc_auc > 0.98
    assert made.calibration is not None
    assert made.calibration.name == "malignant"
    assert made.importances is not None
    losses = [each.loss for each in made.importances.features]
    assert (made.importances.of, made.importances.repeats, len(losses)) == (30, 5, 30)
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("kind", [RidgeClassifier, DummyClassifier])
def test_of_a_model_that_tells_less(kind, log):
    """Without probabilities there is no calibration; to a dummy nothing is important, and its curve is the diagonal."""
    fit, labels, features, target = two_classes()
    made = evaluation.parse(log(kind().fit(fit, labels), "classification", features, target).read_text())
    assert made.calibration is None
    assert made.curves is not None
    assert made.importances is not None
    if kind is DummyClassifier:
        assert made.curves.classes[0].roc == ([0, 1], [0, 1])
        assert {each.loss for each in made.importances.features} == {0}
    else:
        assert made.curves.classes[0].roc_auc > 0.98


def test_of_a_quantity(log):
    """Each row's actual and predicted value, and what is left between them, to ten digits."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    target = target.to_numpy() * 1e-9
    model = LinearRegression().fit(features, target)
    made = evaluation.parse(log(model, "regression", features, target).read_text())
    assert (made.confusion, made.curves, made.calibration) == (None, None, None)
    assert made.predicted is not None
    assert (made.predicted.of, made.predicted.weights) == (442, None)
    assert made.predicted.actual == pytest.approx(target)
    assert made.predicted.residuals == pytest.approx(target - model.predict(features))


def test_of_many_rows_some_are_drawn():
    """The seed says which; a row that weighs nothing is not among them."""
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(2000, 2)), columns=["a", "b"])
    target, weights = features["a"].to_numpy(), np.arange(2000) % 2 * 3.0
    model = LinearRegression().fit(features, target)
    answers = Answers(model, features)
    first, again, other = (in_numbers.of_quantity(answers, target, seed, weights) for seed in (1, 1, 2))
    assert first == again != other
    assert (first.of, len(first.actual)) == (1000, 500)
    assert set(first.weights or []) == {3.0}
    assert set(first.actual) <= {float(f"{value:.10g}") for value in target[1::2]}


def test_the_file_is_small(log):
    """However many classes, features and rows there are, and whatever they are called."""
    random = np.random.default_rng(0)
    names = [f"{'ä' * 300}{number}" for number in range(60)]
    features = pd.DataFrame(random.normal(size=(2400, 60)), columns=names)
    target = np.array([f"{'ß' * 300}{number}" for number in random.integers(40, size=2400)], dtype=object)
    model = DummyClassifier(strategy="stratified", random_state=0).fit(features, target)
    model.predict_proba = lambda X: random.dirichlet(np.ones(40), size=len(X))
    weights = random.random(2400)
    path = log(model, "classification", features, target, weights=weights)
    assert 20_000 < path.stat().st_size < evaluation.MOST_BYTES
    made = evaluation.parse(path.read_text(encoding="utf-8"))
    assert made.confusion is not None
    assert made.curves is not None
    assert made.importances is not None
    assert (len(made.confusion.classes), made.confusion.together) == (20, 21)
    assert (made.curves.of, len(made.curves.classes)) == (40, 5)
    assert (made.importances.of, len(made.importances.features)) == (60, 50)
    numbers = 1e300 * random.normal(size=2400)
    model = LinearRegression().fit(features, random.normal(size=2400))
    model.predict = lambda X: -1e-300 * random.normal(size=len(X))
    rows = in_numbers.of_quantity(Answers(model, features), numbers, 1, weights)
    assert (
        len(evaluation.text(evaluation.HeldOutEvaluation("regression", "r2", 2400, predicted=rows)))
        < evaluation.MOST_BYTES
    )
