"""What a fitted model is worth on the held-out rows: the metric, and the usual scores of its task beside it."""

import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from steps.errors import StepError
from steps.names import Metric
from steps.training.scores import folds

# By the name that they are logged under: scikit-learn's scorer, and the sign that makes of it what people call so.
_USUAL: dict[str, dict[str, tuple[str, int]]] = {
    "classification": {
        "accuracy": ("accuracy", 1),
        "balanced_accuracy": ("balanced_accuracy", 1),
        "f1_macro": ("f1_macro", 1),
        "roc_auc": ("roc_auc", 1),
        "log_loss": ("neg_log_loss", -1),
    },
    "regression": {
        "r2": ("r2", 1),
        "mae": ("neg_mean_absolute_error", -1),
        "rmse": ("neg_root_mean_squared_error", -1),
    },
}
_MANY_CLASSES = {"roc_auc": "roc_auc_ovr"}


class Answers:
    """A fitted model's answers for some rows: asked for once, and looked up as often as a scorer likes.

    Stands for the model where a scorer wants an estimator; the features are then the rows' positions, from 0.
    """

    def __init__(self, fitted: Any, features: pd.DataFrame):
        self._fitted, self._features = fitted, features
        self._known: dict[str, np.ndarray] = {}
        if is_classifier(fitted):
            self.classes_ = fitted.classes_

    def __sklearn_tags__(self) -> Any:
        return get_tags(self._fitted)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predictions for rows."""
        return self._answer("predict", X)

    @available_if(lambda self: hasattr(self._fitted, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class for rows."""
        return self._answer("predict_proba", X)

    @available_if(lambda self: hasattr(self._fitted, "decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return what a classifier decides by for rows."""
        return self._answer("decision_function", X)

    def _answer(self, method: str, rows: np.ndarray) -> np.ndarray:
        if method not in self._known:
            self._known[method] = np.asarray(getattr(self._fitted, method)(self._features))
        answers: np.ndarray = self._known[method][rows]
        return answers


def score(scorer: Any, answers: Answers, target: np.ndarray, rows: np.ndarray | None = None) -> float:
    """Score answers by one of scikit-learn's scorers, for all rows or for those at some positions."""
    chosen = np.arange(len(target)) if rows is None else rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # a class that is never predicted: a zero is right
        return float(scorer(answers, chosen, target[chosen]))


def scores(task: str, metric: str, answers: Answers, target: np.ndarray) -> dict[str, float]:
    """Return the metric and the usual scores, by the names that a run logs them under.

    A usual score that is not to be had is left out: of a model that gives no probabilities, of rows that lack a class.
    Raises StepError where the metric is no finite number.
    """
    found = {Metric.test(metric): folds.finite(score(get_scorer(metric), answers, target), "held-out rows")}
    many = task == "classification" and len(answers.classes_) > 2
    for name, (scorer, sign) in _USUAL[task].items():
        if Metric.test(name) in found:
            continue
        chosen = _MANY_CLASSES.get(name, scorer) if many else scorer
        with suppress(ValueError, AttributeError, StepError):
            value = sign * score(get_scorer(chosen), answers, target)
            found[Metric.test(name)] = folds.finite(value, "held-out rows")
    return found
