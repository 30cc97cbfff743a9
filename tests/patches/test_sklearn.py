"""What scikit-learn is answered at once is what it would have found."""

import inspect
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import narwhals.stable.v2.dependencies as tables
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from steps.parameters.settings import TrainSettings
from steps.patches import sklearn
from steps.training import run_plan


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
    sklearn.replace(sklearn._seeded, sklearn._seeded_by_chance)
    vars(np.unique).pop("__signature__", None)


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_remembered_is_what_was_there(kind: type) -> None:
    """A class's hyperparameters, and those of its clones and pipelines, are the same before and after, and again."""
    before = kind().get_params(), make_pipeline(kind()).get_params().keys()
    sklearn.apply()
    for _ in range(2):
        assert (kind().get_params(), make_pipeline(kind()).get_params().keys()) == before
        assert clone(kind()).get_params() == before[0]


def test_a_constructor_without_names_is_still_refused() -> None:
    """An error is not remembered, but raised each time."""
    sklearn.apply()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no varargs"):
            NoNames().get_params()


def test_numpys_signature_is_its_own() -> None:
    """What `inspect` finds ready is what it would have made."""
    before = inspect.signature(np.unique)
    sklearn.apply()
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
    sklearn.apply()
    assert (tables.is_into_dataframe(value), tables.is_into_series(value)) == before


DRAWS: tuple[Callable[[np.random.RandomState], Any], ...] = (
    lambda generator: generator.randint(0, 2**31 - 1, 3),
    lambda generator: generator.normal(size=3),  # keeps one for the next time
    lambda generator: generator.binomial(100, 0.3),  # keeps what it has computed
    lambda generator: generator.permutation(9),
)
SEEDS = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1).map(np.uint32))


@given(st.lists(st.tuples(SEEDS, st.lists(st.sampled_from(DRAWS), max_size=4), st.booleans()), max_size=12))
def test_a_generator_that_is_seeded_again_draws_as_a_new_one(asked: list[Any]) -> None:
    """Whatever was drawn before; and one that is still held is nobody else's, whether it is held itself or its bits."""
    held: list[tuple[Any, Any]] = []
    for seed, draws, keep in asked:
        fresh, again = np.random.RandomState(seed), sklearn._seeded(seed)
        for draw in draws:
            np.testing.assert_array_equal(draw(fresh), draw(again))
        if keep:
            held.append((fresh, again if seed % 2 else np.random.RandomState(again._bit_generator)))
        del again
    for fresh, kept in held:
        np.testing.assert_array_equal(fresh.randint(0, 2**31 - 1, 3), kept.randint(0, 2**31 - 1, 3))


def test_what_is_let_go_is_used_again_and_what_is_held_is_not() -> None:
    """One generator for all that are asked for one after another; each of two at a time has its own, as each thread."""
    first = id(sklearn._seeded(1))
    assert id(sklearn._seeded(2)) == first
    one, other = sklearn._seeded(1), sklearn._seeded(2)
    assert one is not other
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: id(sklearn._seeded(3))).result() not in (id(one), id(other))


@pytest.mark.parametrize("seed", [None, np.random, np.random.RandomState(1), -1, 2**32, "one", 1.5])
def test_what_is_no_seed_is_treated_as_before(seed: Any) -> None:
    """Another generator is passed on; what can't seed one is refused in the same words."""
    sklearn._seeded(0)
    try:
        expected = check_random_state(seed)
    except (ValueError, TypeError) as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            sklearn._seeded(seed)
    else:
        assert sklearn._seeded(seed) is expected


def test_a_model_keeps_its_generator() -> None:
    """What a fitted model holds is not seeded again under its hands, and is pickled as numpy's own."""
    sklearn.apply()
    features, target = load_iris(return_X_y=True)
    model = MLPClassifier(hidden_layer_sizes=(2,), max_iter=2, random_state=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, target)
    before = model._random_state.get_state()[1].tobytes()
    RandomForestClassifier(n_estimators=3, random_state=1).fit(features, target)
    assert model._random_state.get_state()[1].tobytes() == before
    assert b"steps" not in pickle.dumps(model)


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier])
@pytest.mark.parametrize("as_frame", [True, False])
def test_a_fit_is_the_same(kind: type, as_frame: bool) -> None:
    """To the last bit, on a table and on arrays."""
    features, target = load_iris(return_X_y=True, as_frame=as_frame)
    before = kind(random_state=0).fit(features, target).predict(features)
    sklearn.apply()
    assert kind(random_state=0).fit(features, target).predict(features).tobytes() == before.tobytes()


def test_a_study_prepares_it() -> None:
    """Where children are prepared for, a class is read once."""
    run_plan.prepare(asdict(TrainSettings()), [])
    read = vars(BaseEstimator)["_get_param_names"].__func__
    clone(DecisionTreeClassifier())
    hits, misses = read.cache_info().hits, read.cache_info().misses
    clone(DecisionTreeClassifier())
    assert read.cache_info().misses == misses
    assert read.cache_info().hits > hits
