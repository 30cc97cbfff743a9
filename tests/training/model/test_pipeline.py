"""The steps in front of an estimator, and what a log is spared of them."""

import warnings
from pathlib import Path

import pandas as pd
import pytest
import sklearn.preprocessing
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder

from steps.training.model import pipeline

ENCODER = str(Path(sklearn.preprocessing.__file__).parent / "_encoders.py")
# The message, its category, the file that it is from, whether a log has it.
CASES = [
    ("Found unknown categories", UserWarning, ENCODER, False),
    ("Found unknown categories", DeprecationWarning, ENCODER, True),
    ("Could not infer format", UserWarning, pd.__file__, False),
    ("somebody's own", UserWarning, "/home/somebody/steps.py", True),
    ("lbfgs failed to converge", ConvergenceWarning, "/packages/sklearn/linear_model/_logistic.py", True),
    ("'n_jobs' has no effect since 1.8", FutureWarning, "/packages/sklearn/linear_model/_logistic.py", False),
    ("'penalty' is deprecated", FutureWarning, "/packages/sklearn/linear_model/_logistic.py", True),
]


@pytest.mark.parametrize(("message", "category", "filename", "shown"), CASES)
def test_what_a_log_has(message: str, category: type[Warning], filename: str, shown: bool) -> None:
    """What the steps say of each fold is left out; all else is written as it would be."""
    with warnings.catch_warnings(record=True) as written:
        warnings.simplefilter("always")
        with pipeline.quiet():
            warnings.warn_explicit(message, category, filename, 1)
    assert [str(one.message) for one in written] == ([message] if shown else [])


def test_real_ones_are_left_out() -> None:
    """An encoder that meets a category it has not seen, and an estimator that has no n_jobs any more."""
    rows = pd.DataFrame({"colour": ["red", "blue"]})
    with warnings.catch_warnings(record=True) as written:
        warnings.simplefilter("always")
        with pipeline.quiet():
            encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", drop="first").fit(rows)
            encoder.transform(pd.DataFrame({"colour": ["green"]}))
            LogisticRegression(n_jobs=1).fit([[0.0], [1.0]], [0, 1])
    assert written == []


def test_no_filter_is_added() -> None:
    """scikit-learn would set it anew for each tree of a forest."""
    with warnings.catch_warnings():
        before = list(warnings.filters)
        with pipeline.quiet():
            assert list(warnings.filters) == before


@pytest.mark.e2e
@pytest.mark.parametrize("kind", [RandomForestRegressor, HistGradientBoostingRegressor, Ridge])
@pytest.mark.parametrize("column", [[1.0, None] * 20, ["x", "y"] * 20, [True, False] * 20])
def test_a_table_may_have_one_column(kind: type, column: list[object]) -> None:
    """Of numbers with gaps, of text, of booleans: it is fitted, and predicts."""
    features = pd.DataFrame({"a": column})
    fitted = pipeline.around(kind(), kind, features, seed=0).fit(features, range(40))
    assert len(fitted.predict(features)) == 40
