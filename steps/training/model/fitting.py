"""Fit an estimator, with sample weights where it is given some."""

import inspect
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.model.labels import LabelEncoded

_WEIGHT = "sample_weight"
# How a meta-estimator names the estimator inside it that it hands the parameters of a fit on to.
_INSIDE = ("estimator", "regressor", "classifier", "base_estimator")


def weight_name(built: Any) -> str | None:
    """Return the name under which a `fit` takes sample weights, `svc__sample_weight` of a pipeline, or None."""
    if isinstance(built, Pipeline):
        name, last = built.steps[-1]
        inner = weight_name(last)
        return None if inner is None else f"{name}__{inner}"
    if isinstance(built, LabelEncoded):
        return weight_name(built.classifier)
    parameters = inspect.signature(built.fit).parameters
    if _WEIGHT in parameters:
        return _WEIGHT
    if all(each.kind is not inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return None
    several = getattr(built, "estimators", None)  # of a vote or a stack, which hand the weights to each
    if isinstance(several, list):
        takes = all(part in (None, "drop") or weight_name(part) == _WEIGHT for _, part in several)
        return _WEIGHT if takes else None
    inside = next((part for name in _INSIDE if hasattr(part := getattr(built, name, None), "fit")), None)
    return None if inside is None else weight_name(inside)


def check_weights(built: Any, path: str) -> None:
    """Raise WrongValue if an estimator takes no sample weights."""
    if weight_name(built) is None:
        what = path.rpartition(".")[2]
        raise WrongValue(
            f"{option('estimator', path)}: {what} takes no sample weights; take another one, or no {option('weight')}"
        )


def fit(unfitted: Any, features: pd.DataFrame, target: Any, weights: np.ndarray | None = None) -> Any:
    """Fit an estimator on rows; `weights` has a sample weight for each of them."""
    if weights is None:
        return unfitted.fit(features, target)
    return unfitted.fit(features, target, **{weight_name(unfitted) or _WEIGHT: weights})
