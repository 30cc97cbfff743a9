"""Constructors whose hyperparameters are remembered."""

import inspect
from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from steps import settings
from steps.training import plan, signatures


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
    yield
    BaseEstimator._get_param_names = standing
    vars(np.unique).pop("__signature__", None)


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_remembered_is_what_was_there(kind: type) -> None:
    """A class's hyperparameters, and those of its clones and pipelines, are the same before and after, and again."""
    before = kind().get_params(), make_pipeline(kind()).get_params().keys()
    signatures.keep()
    for _ in range(2):
        assert (kind().get_params(), make_pipeline(kind()).get_params().keys()) == before
        assert clone(kind()).get_params() == before[0]


def test_a_constructor_without_names_is_still_refused() -> None:
    """An error is not remembered, but raised each time."""
    signatures.keep()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no varargs"):
            NoNames().get_params()


def test_numpys_signature_is_its_own() -> None:
    """What `inspect` finds ready is what it would have made."""
    before = inspect.signature(np.unique)
    signatures.keep()
    assert inspect.signature(np.unique) is vars(np.unique)["__signature__"]
    assert inspect.signature(np.unique) == before


def test_a_study_prepares_it() -> None:
    """Where children are prepared for, a class is read once."""
    plan.prepare(settings.defaults(settings.TUNE), [])
    read = vars(BaseEstimator)["_get_param_names"].__func__
    clone(DecisionTreeClassifier())
    hits, misses = read.cache_info().hits, read.cache_info().misses
    clone(DecisionTreeClassifier())
    assert read.cache_info().misses == misses
    assert read.cache_info().hits > hits
