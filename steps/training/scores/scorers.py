"""scikit-learn's scorers by name, of one of two classes if they are about one, and whether they take weights."""

import inspect
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, make_scorer

# What a scorer is made of is private, and nothing public tells which parameters its function takes.


def get(name: str, positive: Any = None) -> Any:
    """Return a scorer: called with (estimator, features, target), greater is better.

    `positive` is the class that those are about which are about one of two; None: 1, as scikit-learn has it.
    """
    scorer = get_scorer(name)
    if positive is None or not is_about_one_class(name):
        return scorer
    return make_scorer(
        scorer._score_func,
        response_method=scorer._response_method,
        greater_is_better=scorer._sign > 0,
        **{**scorer._kwargs, "pos_label": positive},
    )


def is_about_one_class(name: str) -> bool:
    """Tell whether a scorer is about one of two classes, such as f1; f1_macro is about all."""
    scorer = get_scorer(name)
    about_one = scorer._kwargs.get("average", "binary") == "binary"
    return about_one and "pos_label" in inspect.signature(scorer._score_func).parameters


def takes_weights(scorer: Any) -> bool:
    """Tell whether a scorer takes `sample_weight`; only a few, such as of the maximal error, don't."""
    # Every scorer has the parameter, and fails if its function lacks it.
    return "sample_weight" in inspect.signature(scorer._score_func).parameters


def call(scorer: Any, estimator: Any, features: Any, target: Any, weights: np.ndarray | None = None) -> float:
    """Score an estimator; where a scorer takes no weights, all rows count alike."""
    if weights is None or not takes_weights(scorer):
        return float(scorer(estimator, features, target))
    return float(scorer(estimator, features, target, sample_weight=weights))


def lacking(scorer: Any, estimator: Any) -> str | None:
    """Return the method that a scorer calls and an estimator lacks, such as predict_proba; None if it has it."""
    asked = scorer._response_method
    methods = [asked] if isinstance(asked, str) else list(asked)
    return None if any(hasattr(estimator, name) for name in methods) else " or ".join(methods)
