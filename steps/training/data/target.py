"""The column to predict: its labels or numbers, and the task that follows from them."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue

# Whole numbers of at most so many different values are classes; other numbers are a quantity.
MOST_CLASSES = 20


def clean(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a target without gaps as scikit-learn takes it: numbers, booleans or text.

    Floats that are all whole become integers: gaps, left out by now, had made floats of them.
    """
    if types.is_bool_dtype(column.dtype):
        return column.astype("bool")
    if types.is_numeric_dtype(column.dtype):
        whole = types.is_float_dtype(column.dtype) and bool((column % 1 == 0).all()) and column.abs().max() < 2**53
        return column.astype("int64") if whole else column
    return column.astype("str").astype(object)


def task_of(target: "pd.Series[Any]") -> str:
    """Tell the task from the target: regression for numbers with fractions or many values, else classification."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    fractions = types.is_float_dtype(target) and bool((target % 1 != 0).any())
    return "regression" if fractions or target.nunique() > MOST_CLASSES else "classification"


def check(target: "pd.Series[Any]", task: str, data: str) -> None:
    """Raise WrongValue if a target does not suit the task."""
    where = f"the target {target.name!r} of {data}"
    if types.is_float_dtype(target) and not np.isfinite(target).all():
        raise WrongValue(f"--data {data!r}: {where} has infinite values; leave those rows out")
    if task == "regression" and not types.is_numeric_dtype(target):
        raise WrongValue(f"--task 'regression': {where} holds no numbers; must be classification, or another --target")
    if task == "classification" and task_of(target) == "regression":
        raise WrongValue(
            f"--task 'classification': {where} has {target.nunique()} different values, "
            f"more than {MOST_CLASSES} or with fractions; must be regression"
        )
    if target.nunique() < 2:
        raise WrongValue(
            f"--data {data!r}: {where} has the one value {str(target.iloc[0])!r} in all of its {len(target)} rows; "
            "there must be two, or name another column with --target"
        )
