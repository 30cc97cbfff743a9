"""Scores of a fitted model on the held-out rows: the metric, and the usual scores of its task."""

import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from steps.errors import StepError
from steps.names import Metric
from steps.training.scores import folds, scorers

# By the name under which it is logged: scikit-learn's scorer, and the sign that turns it into what the name means.
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
    """A fitted model's answers for some rows: computed once, then looked up by each scorer.

    A scorer takes this for the estimator; its features are then the rows' positions, from 0.
    """

    def __init__(self, fitted: Any, features: pd.DataFrame):
        self._fitted, self._features = fitted, features
        self._by_method: dict[str, np.ndarray] = {}
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
        if method not in self._by_method:
            self._by_method[method] = np.asarray(getattr(self._fitted, method)(self._features))
        answers: np.ndarray = self._by_method[method][rows]
        return answers


def score(
    scorer: Any,
    answers: Answers,
    target: np.ndarray,
    rows: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> float:
    """Score answers by one of scikit-learn's scorers, for all rows or for those at some positions.

    `weights` are the sample weights of all rows.
    """
    positions = np.arange(len(target)) if rows is None else rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # a class that is never predicted: a zero is right
        of_rows = None if weights is None else weights[positions]
        return scorers.call(scorer, answers, positions, target[positions], of_rows)


def scores(
    task: str,
    metric: str,
    answers: Answers,
    target: np.ndarray,
    weights: np.ndarray | None = None,
    positive: object = None,
) -> dict[str, float]:
    """Return the metric and the usual scores, by the names that a run logs them under.

    `weights` are the rows' sample weights, `positive` is the class that the metric is about, if it is about one.
    A usual score is left out if it can't be computed: the model gives no probabilities, or the rows lack a class.
    Raises StepError if the metric is no finite number.
    """
    of_metric = score(scorers.get(metric, positive), answers, target, weights=weights)
    by_name = {Metric.test(metric): folds.finite(of_metric, "held-out rows")}
    many = task == "classification" and len(answers.classes_) > 2
    for name, (scorer, sign) in _USUAL[task].items():
        if Metric.test(name) in by_name:
            continue
        scorer_name = _MANY_CLASSES.get(name, scorer) if many else scorer
        with suppress(ValueError, AttributeError, StepError):
            value = sign * score(scorers.get(scorer_name), answers, target, weights=weights)
            by_name[Metric.test(name)] = folds.finite(value, "held-out rows")
    return by_name
