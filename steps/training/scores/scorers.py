"""scikit-learn's scorers by name, and whether they take sample weights."""

import inspect
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer


def get(name: str) -> Any:
    """Return a scorer: called with (estimator, features, target), greater is better."""
    return get_scorer(name)


def takes_weights(scorer: Any) -> bool:
    """Tell whether a scorer takes `sample_weight`; only a few, such as of the maximal error, don't."""
    # A scorer itself does not say: every one has the parameter, and fails if its function lacks it.
    return "sample_weight" in inspect.signature(scorer._score_func).parameters


def call(scorer: Any, estimator: Any, features: Any, target: Any, weights: np.ndarray | None = None) -> float:
    """Score an estimator; where a scorer takes no weights, all rows count alike."""
    if weights is None or not takes_weights(scorer):
        return float(scorer(estimator, features, target))
    return float(scorer(estimator, features, target, sample_weight=weights))
