"""Of two classes, the one that a metric is about."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, recall_score

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training import run, run_plan
from steps.training.data import positive
from steps.training.scores import folds, gain, held_out, ranking, scorers

TEXT = ["no"] * 7 + ["yes"] * 3


@pytest.mark.parametrize(
    ("values", "asked", "expected"),
    [
        (TEXT, "auto", "yes"),
        (["yes"] * 7 + ["no"] * 3, "auto", "no"),
        (["a", "b"] * 5, "auto", "b"),
        (TEXT, "no", "no"),
        ([0] * 3 + [1] * 7, "auto", None),
        ([0] * 3 + [1] * 7, "0", 0),
        ([-1] * 3 + [1] * 7, "auto", None),
        ([1] * 3 + [2] * 7, "auto", None),
        ([2] * 3 + [4] * 7, "auto", 2),
        ([True] * 7 + [False] * 3, "auto", None),
        ([True] * 7 + [False] * 3, "false", False),
        (["a", "b", "c"], "auto", None),
    ],
)
def test_it_is_1_or_the_rarer_class_unless_given(values, asked, expected):
    """Of texts the rarer one; equally rare, the greater, which scikit-learn takes; among numbers 1 is left as it is."""
    found, note = positive.find(pd.Series(values, name="y"), "classification", asked, "a.csv")
    assert (found, type(found)) == (expected, type(expected)) or found == expected
    assert (note == "") == (expected is None)


def test_the_note_counts_and_names_the_other():
    """Which class, how many rows it has, and how to have the other."""
    _, note = positive.find(pd.Series(TEXT, name="y"), "classification", "auto", "a.csv")
    assert note == "the positive class of 'y' is 'yes' (3 of 10 rows); the other: positive=no"


@pytest.mark.parametrize(
    ("values", "task", "asked", "sentence"),
    [
        (TEXT, "classification", "yess", r"has no such class \(did you mean 'yes'\?\); allowed: 'no', 'yes'"),
        ([0, 1], "classification", "2", "has no such class; allowed: '0', '1'"),
        ("abc", "classification", "a", "must be auto: the target 'y' of a.csv has 3 classes, not two"),
        ([0.5, 1.5], "regression", "1", "must be auto: the target 'y' of a.csv is a quantity, not two"),
    ],
)
def test_a_label_that_is_not_there_is_one_sentence(values, task, asked, sentence):
    """With the labels that there are."""
    with pytest.raises(WrongValue, match=f"^--positive '{asked}': .*{sentence}$"):
        positive.find(pd.Series(list(values), name="y"), task, asked, "a.csv")


def table(folder: Path) -> str:
    """A table in which a quarter of the rows is `ill`, and more of them seem so."""
    rng = np.random.default_rng(1)
    ill = np.arange(120) % 4 == 0
    frame = pd.DataFrame({"x": ill + rng.normal(size=120), "y": np.where(ill, "ill", "well")})
    frame.to_csv(path := folder / "patients.csv", index=False)
    return str(path)


@pytest.mark.parametrize("metric", ["f1", "precision", "recall", "average_precision", "jaccard", "neg_brier_score"])
@pytest.mark.parametrize("asked", ["auto", "well"])
def test_metrics_of_one_class_take_text(metric, asked, tmp_path):
    """Each fold's score is that of the class; another class has other scores; the note says which it is."""
    settings = TrainSettings(data=table(tmp_path), metric=metric, positive=asked, folds=2)
    plan = run_plan.make(settings, ())
    assert plan.positive == ("ill" if asked == "auto" else "well")
    assert any(f"--metric {metric!r}: the positive class of 'y' is {plan.positive!r}" in note for note in plan.notes)
    described = run_plan.describe(settings, {})
    assert described["positive"] == plan.positive
    assert np.isfinite(described["dummy"]["score"])


@pytest.mark.e2e
def test_scores_follow_the_positive_class(tmp_path):
    """Of the folds and of the held-out rows, as scikit-learn's own functions have them, and so does the interval."""
    for label in ("ill", "well"):
        settings = TrainSettings(data=table(tmp_path), metric="f1", positive=label, folds=2)
        plan = run_plan.make(settings, ())
        rows, unfitted = plan.examples, run.build(plan, settings, {})
        fit, score = rows.layout.splits[0]
        fitted = unfitted.fit(rows.features.iloc[fit], rows.target.iloc[fit])
        predicted = fitted.predict(rows.features.iloc[score])
        expected = f1_score(rows.target.iloc[score], predicted, pos_label=label)
        each = folds.scores(unfitted, rows.features, rows.target, rows.layout.splits, plan.scorer())
        assert next(each)[0] == expected
        answers, truth = held_out.Answers(fitted, rows.features.iloc[score]), rows.target.iloc[score].to_numpy()
        scores = held_out.scores(plan.task, "f1", answers, truth, positive=label)
        compared = gain.compare("f1", answers, answers, answers, truth, 0, positive=label)
        assert scores["test_f1"] == compared["baseline_test_f1"] == expected
        assert compared["test_f1_low"] <= expected <= compared["test_f1_high"]
        ((drawn, values),) = (ranking.of_classes(answers, np.arange(len(truth)), label) or {}).items()
        assert drawn == label
        ranked = scorers.get("average_precision", label)(fitted, rows.features.iloc[score], truth)
        assert average_precision_score(truth == label, values) == pytest.approx(ranked)


class Decides:
    """A model that has a decision function alone, of one column."""

    classes_ = np.array(["ill", "well"])

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        answers: np.ndarray = np.array([1.0, -2.0])[X]
        return answers


def test_a_curve_by_a_decision_function_is_turned_round():
    """What is great for the greater class is small for the other."""
    answers: Any = Decides()
    assert {k: v.tolist() for k, v in (ranking.of_classes(answers, np.arange(2)) or {}).items()} == {
        "well": [1.0, -2.0]
    }
    turned = ranking.of_classes(answers, np.arange(2), "ill")
    assert {k: v.tolist() for k, v in (turned or {}).items()} == {"ill": [-1.0, 2.0]}


@pytest.mark.parametrize("metric", ["f1_macro", "accuracy", "roc_auc", "recall_weighted"])
def test_other_metrics_are_as_they_were(metric, tmp_path):
    """They are about all classes, or the same for either: nothing is said, and nothing goes on record."""
    settings = TrainSettings(data=table(tmp_path), metric=metric, folds=2)
    described = run_plan.describe(settings, {})
    assert described["positive"] == "auto"
    assert not any("positive" in note for note in described["notes"])
    assert scorers.get(metric, "ill") == scorers.get(metric) or not scorers.is_about_one_class(metric)


def test_numbers_keep_their_1(tmp_path):
    """`recall` of 0 and 1 is that of 1, and of 0 if that is asked for."""
    frame = pd.read_csv(table(tmp_path))
    frame["y"] = (frame["y"] == "well").astype(int)
    frame.to_csv(path := tmp_path / "coded.csv", index=False)
    for asked, label in (("auto", 1), ("0", 0)):
        settings = TrainSettings(data=str(path), metric="recall", positive=asked, folds=2)
        plan = run_plan.make(settings, ())
        rows, unfitted = plan.examples, run.build(plan, settings, {})
        fit, score = rows.layout.splits[0]
        predicted = unfitted.fit(rows.features.iloc[fit], rows.target.iloc[fit]).predict(rows.features.iloc[score])
        (first, _), *_ = folds.scores(unfitted, rows.features, rows.target, rows.layout.splits, plan.scorer())
        assert first == recall_score(rows.target.iloc[score], predicted, pos_label=label)
        assert run_plan.describe(settings, {})["positive"] == asked
