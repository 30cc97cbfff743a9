"""One score for each fold, and how long its fit took."""

from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from steps.errors import StepError
from steps.training.model import fitting
from steps.training.model.early_stopping import EarlyStopping
from steps.training.scores import scorers
from steps.training.scores.preparation import Preparation


def scores(
    estimator: BaseEstimator,
    features: pd.DataFrame,
    target: pd.Series,
    splits: Iterable[tuple[slice, slice]],
    scorer: Any,
    preparation: Preparation | None = None,
    weights: np.ndarray | None = None,
    stopping: EarlyStopping | None = None,
) -> Iterator[tuple[float, float]]:
    """Yield each fold's score and the seconds of its fit; each fold fits a fresh clone.

    `splits` has slices of the rows, (fit rows, score rows). With a `preparation`, that of the estimator, its first
    steps are not fitted again; the seconds that their fit once took are among those of the fit. `weights` are the rows'
    sample weights. With `stopping` a fit ends early, and it notes the best round.
    Raises StepError for a score that is no finite number.
    """
    for number, (fit_rows, score_rows) in enumerate(splits):
        fit, score, seconds = features.iloc[fit_rows], features.iloc[score_rows], 0.0
        if preparation:
            fit, score, seconds = preparation.fold(number, fit, target.iloc[fit_rows], score)
        began = perf_counter()
        of_fit, of_score = (None if weights is None else weights[rows] for rows in (fit_rows, score_rows))
        unfitted = clone(preparation.rest if preparation else estimator)
        if stopping is None:
            fitted = fitting.fit(unfitted, fit, target.iloc[fit_rows], of_fit)
        else:
            fitted = stopping.fit(unfitted, fit, target.iloc[fit_rows], of_fit, fit_rows)
        seconds += perf_counter() - began
        value = scorers.call(scorer, fitted, score, target.iloc[score_rows], of_score)
        yield finite(value, f"fold {number}"), seconds


def finite(score: float, where: str) -> float:
    """Return a score as a float; raise StepError for nan or infinity, which no search can compare."""
    if not np.isfinite(score):
        raise StepError(f"{where}: the score is {score}, not a finite number")
    return float(score)
