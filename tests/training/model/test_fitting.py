"""Fitting an estimator with sample weights."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from steps.errors import WrongValue
from steps.training.model import fitting
from steps.training.model.labels import LabelEncoded

SCALED = make_pipeline(StandardScaler(), SVC())
VOTES = [("tree", DecisionTreeClassifier()), ("logistic", LogisticRegression())]


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (SVC(), "sample_weight"),
        (HistGradientBoostingClassifier(), "sample_weight"),
        (KNeighborsClassifier(), None),
        (SCALED, "svc__sample_weight"),
        (make_pipeline(StandardScaler(), SCALED), "pipeline__svc__sample_weight"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None),
        (LabelEncoded(DecisionTreeClassifier()), "sample_weight"),
        (LabelEncoded(SCALED), "svc__sample_weight"),
        (GridSearchCV(SCALED, {"svc__C": [1, 2]}), "svc__sample_weight"),
        (GridSearchCV(KNeighborsClassifier(), {}), None),
        (TransformedTargetRegressor(Ridge()), "sample_weight"),
        (VotingClassifier(VOTES), "sample_weight"),
        (VotingClassifier([*VOTES, ("knn", KNeighborsClassifier())]), None),
        (StackingClassifier(VOTES), "sample_weight"),
    ],
)
def test_weights_reach_what_takes_them(built, expected):
    """By the name that the outermost `fit` takes; a fit by that name gives another model than one without weights."""
    assert fitting.weight_name(built) == expected
    if expected is None:
        with pytest.raises(WrongValue, match=r"^--estimator 'a\.B': B takes no sample weights; "):
            fitting.check_weights(built, "a.B")
        return
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"])
    target = pd.Series((features["a"] > 0).astype(int))
    weights = np.where(features["b"] > 0, 1.0, 0.0)
    wrong = target.where(features["b"] > 0, 1 - target)  # what weighs nothing says the opposite
    predicted = np.asarray(fitting.fit(built, features, wrong, weights).predict(features))
    assert np.mean(predicted.round() == target) > 0.9
