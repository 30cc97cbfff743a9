"""How each package of boosted trees is told of a validation set, and what its rounds are called."""

import importlib
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np


class WeighedRows(NamedTuple):
    """Features, target and sample weights of some rows; weights may be None."""

    features: Any
    target: Any
    weights: np.ndarray | None


class Booster(Protocol):
    """A package's way."""

    def fit(self, unfitted: Any, own: WeighedRows, validation: WeighedRows, patience: int) -> tuple[Any, int]:
        """Fit until the validation set is not predicted better for `patience` rounds.

        Return what predicts by the best round, and which that is, from 1.
        """

    def of_rounds(self, unfitted: Any, rounds: int) -> dict[str, Any]:
        """Return the hyperparameters of a fit of so many rounds, without a validation set."""


class HistGradientBoosting:
    """scikit-learn's."""

    def fit(self, unfitted: Any, own: WeighedRows, validation: WeighedRows, patience: int) -> tuple[Any, int]:
        """Stop by the loss."""
        unfitted.set_params(early_stopping=True, n_iter_no_change=patience, scoring="loss")
        fitted = unfitted.fit(
            own.features,
            own.target,
            sample_weight=own.weights,
            X_val=validation.features,
            y_val=validation.target,
            sample_weight_val=validation.weights,
        )
        best = max(1, int(np.argmax(fitted.validation_score_)))  # the first score is from before the first round
        # It keeps the rounds after the best one, other than the three packages, and nothing public takes them out.
        del fitted._predictors[best:]
        return fitted, best

    def of_rounds(self, unfitted: Any, rounds: int) -> dict[str, Any]:
        """Do them all."""
        return {"max_iter": rounds, "early_stopping": False}


class LightGBM:
    """LightGBM's; its rounds have many names."""

    names = (
        "num_iterations", "num_iteration", "n_iter", "num_tree", "num_trees", "num_round", "num_rounds", "nrounds",
        "num_boost_round", "max_iter",
    )  # fmt: skip

    def fit(self, unfitted: Any, own: WeighedRows, validation: WeighedRows, patience: int) -> tuple[Any, int]:
        """Stop by the metric of the objective."""
        callback = importlib.import_module("lightgbm").early_stopping(patience, verbose=False)
        with warnings.catch_warnings():
            # By what 4.7 has in its place the labels of a classifier must be numbers.
            warnings.filterwarnings("ignore", "The argument 'eval_set' is deprecated")
            fitted = unfitted.fit(
                own.features,
                own.target,
                sample_weight=own.weights,
                eval_set=[(validation.features, validation.target)],
                eval_sample_weight=None if validation.weights is None else [validation.weights],
                callbacks=[callback],
            )
        return fitted, int(fitted.best_iteration_ or fitted.n_iter_)  # dart has no best one

    def of_rounds(self, unfitted: Any, rounds: int) -> dict[str, Any]:
        """Set each name that was given."""
        given = unfitted.get_params()
        return dict.fromkeys(["n_estimators", *(name for name in self.names if name in given)], rounds)


class XGBoost:
    """XGBoost's."""

    def fit(self, unfitted: Any, own: WeighedRows, validation: WeighedRows, patience: int) -> tuple[Any, int]:
        """Stop by the metric of the objective."""
        unfitted.set_params(early_stopping_rounds=patience)
        fitted = unfitted.fit(
            own.features,
            own.target,
            sample_weight=own.weights,
            eval_set=[(validation.features, validation.target)],
            sample_weight_eval_set=None if validation.weights is None else [validation.weights],
            verbose=False,
        )
        return fitted, int(fitted.best_iteration) + 1

    def of_rounds(self, unfitted: Any, rounds: int) -> dict[str, Any]:
        """Do them all."""
        return {"n_estimators": rounds, "early_stopping_rounds": None}


class CatBoost:
    """CatBoost's; its rounds have one of four names."""

    names = ("iterations", "n_estimators", "num_boost_round", "num_trees")

    def fit(self, unfitted: Any, own: WeighedRows, validation: WeighedRows, patience: int) -> tuple[Any, int]:
        """Stop by the metric of the loss."""
        pool = importlib.import_module("catboost").Pool
        weighed = pool(validation.features, validation.target, weight=validation.weights)
        fitted = unfitted.fit(
            own.features,
            own.target,
            sample_weight=own.weights,
            eval_set=weighed,
            early_stopping_rounds=patience,
            use_best_model=True,
        )
        return fitted, int(fitted.tree_count_)

    def of_rounds(self, unfitted: Any, rounds: int) -> dict[str, Any]:
        """Set the name that was given."""
        given = unfitted.get_params()
        return {next((name for name in self.names if name in given), self.names[0]): rounds}


_KINDS: Mapping[str, Booster] = {"lightgbm": LightGBM(), "xgboost": XGBoost(), "catboost": CatBoost()}


def kind_of(built: Any) -> Booster | None:
    """Return how an estimator stops early; None if it is of none of these packages."""
    if type(built).__name__.startswith("XGBRF"):  # a forest, without rounds
        return None
    for each in type(built).__mro__:
        package = each.__module__.partition(".")[0]
        if package == "sklearn" and each.__name__.startswith("HistGradientBoosting"):
            return HistGradientBoosting()
        if package in _KINDS:
            return _KINDS[package]
    return None
