import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, make_scorer

from steps.errors import StepError
from steps.training.scores import folds


def test_each_fold_is_scored_by_a_fresh_fit_on_its_other_rows():
    """A fold's score is of a clone that saw the fit rows alone; the given estimator stays unfitted."""
    features = pd.DataFrame({"x": np.arange(4.0)})
    target = pd.Series([0.0, 2.0, 10.0, 20.0])
    splits = [(slice(0, 2), slice(2, 3)), (slice(2, 4), slice(0, 1))]
    mean = DummyRegressor()
    scores = [score for score, _ in folds.scores(mean, features, target, splits, get_scorer("neg_mean_absolute_error"))]
    assert scores == [-9.0, -15.0]
    assert not hasattr(mean, "constant_")


def test_rows_weigh_in_fit_and_in_score():
    """A mean over the fit rows, an error over the score rows: both are weighted, each by its own rows' weights."""
    features, target = pd.DataFrame({"x": np.arange(4.0)}), pd.Series([0.0, 4.0, 10.0, 20.0])
    weights, scorer = np.array([3.0, 1.0, 1.0, 0.0]), get_scorer("neg_mean_absolute_error")
    splits = [(slice(0, 2), slice(2, 4))]
    (weighted,) = folds.scores(DummyRegressor(), features, target, splits, scorer, weights=weights)
    (alike,) = folds.scores(DummyRegressor(), features, target, splits, scorer)
    assert (weighted[0], alike[0]) == (-9.0, -13.0)
    most = get_scorer("neg_max_error")  # it takes no weights
    assert next(folds.scores(DummyRegressor(), features, target, splits, most, weights=weights))[0] == -19.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_an_error(bad):
    """A score of nan or infinity ends the training with the fold's number; scores before it have been given."""
    features, target = pd.DataFrame({"x": range(6)}), pd.Series([0, 1] * 3)
    scorer = make_scorer(lambda truth, _: bad if len(truth) == 2 else 0.5)
    splits = [(slice(0, 3), slice(3, 6)), (slice(0, 4), slice(4, 6))]
    scores = folds.scores(DummyClassifier(), features, target, splits, scorer)
    assert next(scores)[0] == 0.5
    with pytest.raises(StepError, match=f"^fold 1: the score is {bad}, not a finite number$"):
        next(scores)


@pytest.mark.parametrize("score", [0, 1.5, -3.0, np.float32(0.5), np.int64(2)])
def test_a_finite_score_is_a_plain_float(score):
    """Whatever number a scorer gives, the rest works with a float."""
    assert type(folds.finite(score, "fold 0")) is float
    assert folds.finite(score, "fold 0") == score
