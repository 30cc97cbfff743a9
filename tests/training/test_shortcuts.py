"""What scikit-learn is answered at once is what it would have found."""

import inspect
from collections.abc import Iterator

import narwhals.stable.v2.dependencies as tables
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from steps import settings
from steps.training import plan, shortcuts


class Own(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Somebody's own estimator."""

    def __init__(self, depth: int = 3):
        self.depth = depth


class More(Own):
    """One with more."""

    def __init__(self, depth: int = 3, width: int = 1):
        super().__init__(depth)
        self.width = width


class NoNames(BaseEstimator):  # type: ignore[misc]
    """One whose constructor does not say what it takes."""

    def __init__(self, *depths: int):
        self.depths = depths


CLASSES = (RandomForestClassifier, DecisionTreeClassifier, GradientBoostingClassifier, StandardScaler, Own, More)


@pytest.fixture(autouse=True)
def _undone() -> Iterator[None]:
    standing = vars(BaseEstimator)["_get_param_names"]
    asked = tables.is_into_dataframe, tables.is_into_series
    yield
    BaseEstimator._get_param_names = standing
    tables.is_into_dataframe, tables.is_into_series = asked
    vars(np.unique).pop("__signature__", None)


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_remembered_is_what_was_there(kind: type) -> None:
    """A class's hyperparameters, and those of its clones and pipelines, are the same before and after, and again."""
    before = kind().get_params(), make_pipeline(kind()).get_params().keys()
    shortcuts.take()
    for _ in range(2):
        assert (kind().get_params(), make_pipeline(kind()).get_params().keys()) == before
        assert clone(kind()).get_params() == before[0]


def test_a_constructor_without_names_is_still_refused() -> None:
    """An error is not remembered, but raised each time."""
    shortcuts.take()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no varargs"):
            NoNames().get_params()


def test_numpys_signature_is_its_own() -> None:
    """What `inspect` finds ready is what it would have made."""
    before = inspect.signature(np.unique)
    shortcuts.take()
    assert inspect.signature(np.unique) is vars(np.unique)["__signature__"]
    assert inspect.signature(np.unique) == before


class Subclass(np.ndarray):
    """An array of somebody's own kind."""


VALUES = [
    np.zeros((2, 2)),
    np.zeros(2).view(Subclass),
    np.ma.masked_array([1.0, 2.0]),
    pd.DataFrame({"a": [1]}),
    pd.Series([1]),
    pd.Index([1]),
    pa.table({"a": [1]}),
    pa.chunked_array([[1]]),
    csr_array(np.eye(2)),
    [1, 2],
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_tables_and_columns_are_known_as_before(value: object) -> None:
    """A table is one, and a column, of whatever package; an array is neither."""
    before = tables.is_into_dataframe(value), tables.is_into_series(value)
    shortcuts.take()
    assert (tables.is_into_dataframe(value), tables.is_into_series(value)) == before


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier])
@pytest.mark.parametrize("as_frame", [True, False])
def test_a_fit_is_the_same(kind: type, as_frame: bool) -> None:
    """To the last bit, on a table and on arrays."""
    features, target = load_iris(return_X_y=True, as_frame=as_frame)
    before = kind(random_state=0).fit(features, target).predict(features)
    shortcuts.take()
    assert kind(random_state=0).fit(features, target).predict(features).tobytes() == before.tobytes()


def test_a_study_prepares_it() -> None:
    """Where children are prepared for, a class is read once."""
    plan.prepare(settings.defaults(settings.TUNE), [])
    read = vars(BaseEstimator)["_get_param_names"].__func__
    clone(DecisionTreeClassifier())
    hits, misses = read.cache_info().hits, read.cache_info().misses
    clone(DecisionTreeClassifier())
    assert read.cache_info().misses == misses
    assert read.cache_info().hits > hits
