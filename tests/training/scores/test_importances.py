"""Importances of features, and how long they may take."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from steps.training.scores import importances

COLUMNS = 4


class Clock:
    """A clock on which each prediction takes a second."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Slow(LinearRegression):  # type: ignore[misc]
    """Predicts in a second of such a clock."""

    def predict(self, X):
        self.clock_.now += 1
        return super().predict(X)


def rows(count=1_500):  # so many that columns are shuffled one by one
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(count, COLUMNS)), columns=list("abcd"))
    return features, features["a"] + 3 * features["b"]


def measured(budget_s):
    features, target = rows()
    clock = Clock()
    model = Slow().fit(features, target)
    model.clock_ = clock
    return importances.measure(model, features, target.to_numpy(), "r2", 1, budget_s, clock), clock.now


def test_what_matters_is_found():
    """The loss of the score is that of scikit-learn, but for the shuffles; a column without influence has none."""
    features, target = rows(200)
    model = LinearRegression().fit(features, target)
    table = importances.measure(model, features, target.to_numpy(), "r2", 1, 60.0).table().set_index("feature")
    theirs = permutation_importance(model, features, target, scoring="r2", n_repeats=30, random_state=0)
    assert list(table.index[:2]) == ["b", "a"]
    expected = dict(zip("abcd", theirs.importances_mean, strict=True))
    assert table["importance"].to_dict() == pytest.approx(expected, abs=0.15)
    assert table["importance"]["c"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("budget_s", "repeats", "columns", "said"),
    [
        (1000, 5, 4, "5 of 5 repeats"),
        (14, 3, 4, "3 of 5 repeats: the time for them was over after 13.0 s"),
        (5, 1, 4, "1 of 5 repeats: the time for them was over after 5.0 s"),
        (3, 1, 3, "3 of 4 columns, once: the time for them was over after 4.0 s"),
        (0, 1, 1, "1 of 4 columns, once: the time for them was over after 2.0 s"),
    ],
)
def test_whole_repeats_are_cut(budget_s, repeats, columns, said):
    """What is over the seconds is left out by whole repeats, of the first one by columns; never everything."""
    result, _ = measured(budget_s)
    assert result.losses.shape == (repeats, columns)
    assert (str(result), result.columns) == (said, list("abcd")[:columns])


def test_a_cut_changes_nothing_of_what_was_measured():
    """The repeats that are done are those of a measurement that had time for all."""
    whole, cut = measured(1000)[0], measured(14)[0]
    assert np.array_equal(cut.losses, whole.losses[:3])
    assert not np.array_equal(whole.losses[0], whole.losses[1])


def test_weights_and_the_positive_class_decide_what_matters():
    """A column that only tells the rows apart that weigh nothing has no influence; f1 of either class has its own."""
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(size=(300, 2)), columns=["a", "b"])
    trusted = np.arange(300) % 2 == 0
    target = np.where(np.where(trusted, features["a"], features["b"]) > 0.5, "yes", "no")
    weights = trusted.astype(float)
    model = DecisionTreeClassifier(random_state=0).fit(features, target, sample_weight=weights)

    def table(**how):
        return importances.measure(model, features, target, seed=1, budget_s=60.0, **how).table().set_index("feature")

    for positive in ("yes", "no"):
        weighed = table(metric="f1", weights=weights, positive=positive)["importance"]
        assert weighed["b"] == 0
        assert weighed["a"] > (0.5 if positive == "yes" else 0.2)
