"""Splits and scores: the held-out rows, the folds on the rest, one score for each fold."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit, train_test_split

from steps.errors import StepError

# folds=1: the share of the training rows that the one split scores on, as five folds have it.
ONE_SPLIT_SHARE = 0.2


def hold_out(target: pd.Series, *, classes: bool, test_size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split row positions into training rows and held-out rows; stratified where the target has classes."""
    rows = np.arange(len(target))
    train, held_out = train_test_split(
        rows, test_size=test_size, random_state=seed, shuffle=True, stratify=target if classes else None
    )
    return train, held_out


def split(target: pd.Series, *, classes: bool, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (fit rows, score rows) of each fold as positions in the target; shuffled, stratified for classes."""
    splitter: Any
    if folds == 1:
        one = StratifiedShuffleSplit if classes else ShuffleSplit
        splitter = one(n_splits=1, test_size=ONE_SPLIT_SHARE, random_state=seed)
    else:
        many = StratifiedKFold if classes else KFold
        splitter = many(n_splits=folds, shuffle=True, random_state=seed)
    # The splitters look at the number of rows alone: a column of zeros stands for the features.
    yield from splitter.split(np.zeros(len(target)), target)


def scores(
    estimator: BaseEstimator,
    features: pd.DataFrame,
    target: pd.Series,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    scorer: Any,
) -> Iterator[float]:
    """Yield the score of each fold, from a fresh clone fitted on its other rows.

    Raises StepError for a score that is no finite number.
    """
    for number, (fit_rows, score_rows) in enumerate(splits):
        fitted = clone(estimator).fit(features.iloc[fit_rows], target.iloc[fit_rows])
        yield finite(scorer(fitted, features.iloc[score_rows], target.iloc[score_rows]), f"fold {number}")


def finite(score: float, where: str) -> float:
    """Return a score as a float; raise StepError for nan or infinity, which no search can compare."""
    if not np.isfinite(score):
        raise StepError(f"{where}: the score is {score}, not a finite number")
    return float(score)
