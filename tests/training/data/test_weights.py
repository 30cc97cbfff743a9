"""The column of sample weights."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training import run, run_plan
from steps.training.data import weights
from steps.training.scores import folds


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 0, 2], None),
        ([0.5, 1.5, 2], None),
        ([1.0, np.nan, np.nan], "row 2 of a.csv and 1 more rows have no weight: fill it, or leave the row out"),
        ([1.0, 2.0, np.inf], "row 3 of a.csv has an infinite weight: must be a number from 0 on"),
        ([1, -2, 3], "row 2 of a.csv has a negative weight, -2: must be a number from 0 on"),
        (["a", "b", "c"], "must be a column of numbers; that of a.csv has values such as 'a'"),
        ([True, False, True], "must be a column of numbers; that of a.csv has values such as 'True'"),
    ],
)
def test_weights_are_numbers_from_0_on(values, expected):
    """Anything else is one sentence, with the row."""
    column = pd.Series(values, name="w")
    if expected is None:
        assert weights.read(column, "a.csv").tolist() == values
        return
    with pytest.raises(WrongValue, match=f"^--weight 'w': {expected}$"):
        weights.read(column, "a.csv")


def table(folder: Path) -> str:
    """A table in which the sign of x tells the class, but for half of the rows, which say the opposite and weigh 0."""
    x = np.random.default_rng(0).normal(size=200)
    trusted = np.arange(200) % 2
    target = np.where((x > 0) == (trusted == 1), "up", "no")
    frame = pd.DataFrame({"x": x, "w": trusted * 2.5, "kind": "a", "y": target})
    frame.to_csv(path := folder / "weighed.csv", index=False)
    return str(path)


@pytest.mark.parametrize("estimator", ["sklearn.tree.DecisionTreeClassifier", "sklearn.svm.SVC"])
@pytest.mark.parametrize("drop", [None, "kind"])  # with text a pipeline prepares the table
def test_rows_that_weigh_nothing_count_nowhere(estimator, drop, tmp_path):
    """Neither in a fit nor in a score; the column is no feature; without it the table can't be learnt."""
    scores = []
    for weight in ("w", None):
        out = ",".join(filter(None, (drop, None if weight else "w")))
        settings = TrainSettings(data=table(tmp_path), weight=weight, drop=out or None, target="y", estimator=estimator)
        plan = run_plan.make(settings, ())
        assert "w" not in plan.examples.features
        unfitted = run.build(plan, settings, {})
        rows = plan.examples
        each = folds.scores(
            unfitted, rows.features, rows.target, rows.layout.splits, plan.scorer(), weights=rows.weights
        )
        scores.append(np.mean([score for score, _ in each]))
    assert scores[0] > 0.95
    assert scores[1] < 0.65


def test_another_column_of_weights_makes_other_folds(tmp_path):
    """The digest of what a run was scored on has the column, but none if there are no weights."""
    path = table(tmp_path)
    without, weighed = (
        run_plan.make(TrainSettings(data=path, target="y", drop=drop, weight=weight), ()).examples
        for drop, weight in (("w", None), (None, "w"))
    )
    assert without.features.equals(weighed.features)
    assert without.folds != weighed.folds


def notes(settings: TrainSettings) -> tuple[str, ...]:
    return run_plan.make(settings, ()).notes


def test_a_metric_without_weights_is_said(tmp_path):
    """It counts all rows alike."""
    frame = pd.DataFrame({"x": np.arange(60.0), "w": 1, "y": np.arange(60) * 1.5})
    frame.to_csv(path := tmp_path / "line.csv", index=False)
    settings = TrainSettings(data=str(path), weight="w", metric="neg_max_error")
    assert "--metric 'neg_max_error': takes no weights, so all rows count alike in it" in notes(settings)
    assert not any("alike" in note for note in notes(TrainSettings(data=str(path), weight="w")))


def test_estimators_of_a_space_that_take_no_weights_are_left_out(tmp_path):
    """And named before a trial; where no other is left, they are refused, with the place where they stand."""
    knn, forest = "sklearn.neighbors.KNeighborsClassifier", "sklearn.ensemble.RandomForestClassifier"
    settings = TrainSettings(data=table(tmp_path), weight="w", target="y")
    described = run_plan.describe(settings, {"classification": {knn: {}, forest: {}}})
    assert (described["estimators"], described["left_out"]) == ([forest], [knn])
    assert f"--space: leaves out {knn!r}: KNeighborsClassifier takes no sample weights" in described["notes"]
    where = {"classification": {knn: "--space 'mine.yaml' line 3"}}
    with pytest.raises(WrongValue) as refused:
        run_plan.describe(settings, {"classification": {knn: {}}}, where)
    assert str(refused.value).startswith(f"--space 'mine.yaml' line 3: {knn!r}: KNeighborsClassifier takes no sample")
    assert len(refused.value.problems) == 1
