"""A table that is prepared once is as good as one that is prepared again for each shuffled column."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from steps.training.model import columns_apart, pipeline

ROWS = 80


def mixed():
    draw = np.random.default_rng(0)
    numbers = draw.normal(size=ROWS)
    words = [f"{colour} {number}" for colour in ("red", "blue") for number in range(30)]
    features = pd.DataFrame(
        {
            "gaps": np.where(draw.random(ROWS) < 0.2, np.nan, numbers),
            "kind": pd.Series(draw.choice(list("abc"), ROWS)).where(draw.random(ROWS) > 0.1, None),
            "day": pd.to_datetime("2024-01-01") + pd.to_timedelta(draw.integers(0, 400, ROWS), "D"),
            "words": draw.choice(words, ROWS),
            "empty": np.full(ROWS, np.nan),
            "number": draw.integers(0, 9, ROWS),
        }
    )
    return features, pd.Series(np.where(numbers > 0, "yes", "no"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomForestClassifier(10, random_state=0),
        lambda: HistGradientBoostingClassifier(max_iter=5, random_state=0),
        lambda: LogisticRegression(),
        lambda: make_pipeline(StandardScaler(), KNeighborsClassifier()),
    ],
)
def test_to_shuffle_behind_the_preparation_is_the_same(make):
    """For each kind of column, and however many columns are made of it, the model answers the same, to the last bit."""
    features, target = mixed()
    fitted = pipeline.around(make(), make, features, seed=0).fit(features, target)
    model, table, outputs = columns_apart.split(fitted, features)
    assert not hasattr(model, "steps"), "all of the preparation is done"
    orders = [np.random.default_rng(place).permutation(ROWS) for place in range(features.shape[1])]
    at_once = model.predict_proba(columns_apart.reordered(table, outputs, orders)).reshape(len(orders), ROWS, -1)
    for place, order in enumerate(orders):
        shuffled = features.copy()
        shuffled.isetitem(place, features.iloc[:, place].array.take(order))
        assert np.array_equal(at_once[place], fitted.predict_proba(shuffled)), features.columns[place]


@pytest.mark.parametrize(
    "first",
    [
        lambda: PCA(2),
        lambda: make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough"),
    ],
)
def test_what_may_mix_columns_is_done_each_time(first):
    """A step that is not known to keep columns apart stays with the model, and so does all behind it."""
    features = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20) % 3, "c": np.arange(20)[::-1]})
    fitted = make_pipeline(StandardScaler().set_output(transform="pandas"), first(), LogisticRegression())
    fitted.fit(features, np.arange(20) % 2)
    model, table, outputs = columns_apart.split(fitted, features)
    assert [type(step) for _, step in model.steps] == [type(step) for _, step in fitted.steps[1:]]
    assert (list(table.columns), outputs) == (["a", "b", "c"], [[0], [1], [2]])
    assert np.array_equal(model.predict(table), fitted.predict(features))


def test_an_estimator_alone_is_given_the_table_itself():
    """Whatever the types of the columns, the table is not changed."""
    features = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": pd.Categorical(["x", "y", "x"])})
    model, table, outputs = columns_apart.split("estimator", features)
    order = np.array([2, 0, 1])
    twice = columns_apart.reordered(table, outputs, [order, order])
    assert model == "estimator"
    assert list(twice["a"]) == [3, 1, 2, 1, 2, 3]
    assert list(twice["b"]) == ["x", "y", "x", "x", "x", "y"]
    assert twice["b"].dtype == features["b"].dtype
    assert list(features["a"]) == [1, 2, 3]
