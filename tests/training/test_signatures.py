"""Constructors whose signatures are kept."""

import inspect

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from steps import settings
from steps.training import plan, signatures

CLASSES = (RandomForestClassifier, DecisionTreeClassifier, GradientBoostingClassifier, StandardScaler)


class Own(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Somebody's own estimator."""

    def __init__(self, depth: int = 3):
        self.depth = depth


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_kept_is_what_was_there(kind: type) -> None:
    """A class's signature, its hyperparameters and its clones are the same before and after."""
    constructor = kind.__init__  # type: ignore[misc]
    vars(constructor).pop("__signature__", None)
    before = inspect.signature(constructor), inspect.signature(kind), kind().get_params()
    signatures.keep()
    assert "__signature__" in vars(constructor)
    assert (inspect.signature(constructor), inspect.signature(kind), kind().get_params()) == before
    assert clone(make_pipeline(kind())).get_params(deep=False).keys() == make_pipeline(kind()).get_params(False).keys()


def test_other_peoples_classes_are_left_alone() -> None:
    """Only scikit-learn's own are kept: another's may change."""
    signatures.keep()
    assert not hasattr(Own.__init__, "__signature__")
    assert Own().get_params() == {"depth": 3}


def test_a_study_prepares_it() -> None:
    """Where children are prepared for, a forest's tree has it, too."""
    vars(DecisionTreeClassifier.__init__).pop("__signature__", None)
    plan.prepare(settings.defaults(settings.TUNE), [])
    assert "__signature__" in vars(DecisionTreeClassifier.__init__)
