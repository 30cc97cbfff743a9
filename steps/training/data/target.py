"""The column to predict: its labels or numbers, and the task that follows from them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.data import dates
from steps.training.data.numerals import Writing

# Whole numbers are classes if there are so many different ones at most, each in so many rows at least, and if they
# follow each other from one of these: of the rules tried on 112 targets of real tables this one errs least.
MOST_CLASSES = 20
_ROWS_OF_A_CLASS = 7
_FIRST_CLASSES = (-1, 0, 1)
# Of more different whole numbers no one asks whether they are classes.
_ASKED = 100
# A text is no class if it stands in one row, and so do so many of the others.
_ALL_DIFFER = 0.9
_ENOUGH_ROWS = 10
_SHOWN = 3


def clean(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a target without gaps as scikit-learn takes it: numbers, booleans or text.

    Floats that are all whole become integers: gaps, left out by now, had made floats of them. Small types grow, since
    the sums of a score's squares don't fit in them.
    """
    if types.is_bool_dtype(column.dtype):
        return column.astype("bool")
    if types.is_numeric_dtype(column.dtype):
        if types.is_float_dtype(column.dtype):
            column = column.astype("float64")
            whole = bool((column % 1 == 0).all()) and column.abs().max() < 2**53
            return column.astype("int64") if whole else column
        return column.astype("int64" if column.max() < 2**63 else "float64")
    return column.astype("str").astype(object)


def task_of(target: "pd.Series[Any]") -> str:
    """Tell the task from the target: regression for numbers, but for those that are codes of classes."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    if types.is_float_dtype(target):
        return "regression"
    rows = target.value_counts()
    first, last = int(rows.index.min()), int(rows.index.max())
    codes = first in _FIRST_CLASSES and last - first == len(rows) - 1 and rows.min() >= _ROWS_OF_A_CLASS
    return "classification" if len(rows) <= 2 or (codes and len(rows) <= MOST_CLASSES) else "regression"


def note(target: "pd.Series[Any]", task: str) -> str | None:
    """Say what whole numbers were taken for, and how to have the other; None if no one would ask."""
    count = target.nunique()
    if not types.is_integer_dtype(target) or not 2 < count <= _ASKED:
        return None
    taken, other, way = "a quantity", "classes", "classification"
    if task == "classification":
        taken, other, way = "classes", "a quantity", "regression"
    whole = f"the target {target.name!r} has {count} different whole numbers"
    return f"{whole}: taken for {taken}; {other}: {option('task', way)}"


def alike(target: "pd.Series[Any]") -> str | None:
    """Say which classes differ only in blanks or capitals, as of one that was typed in two ways; None if none do."""
    if not types.is_object_dtype(target.dtype):
        return None
    by_text: dict[str, list[str]] = {}
    for label in sorted(target.unique()):
        by_text.setdefault(" ".join(label.split()).casefold(), []).append(label)
    found = [" and ".join(map(repr, labels)) for labels in by_text.values() if len(labels) > 1]
    if not found:
        return None
    more = f", and {len(found) - _SHOWN} more such" if len(found) > _SHOWN else ""
    return (
        f"classes of the target {target.name!r} differ only in blanks or capitals: "
        f"{', '.join(found[:_SHOWN])}{more}; if they are one, write them alike"
    )


def check(target: "pd.Series[Any]", task: str, data: str, others: Sequence[str]) -> None:
    """Raise WrongValue if a target does not suit the task; `others` are columns that could be one in its place."""
    where = f"the target {target.name!r} of {data}"
    if types.is_float_dtype(target) and not np.isfinite(target).all():
        raise WrongValue(f"{option('data', data)}: {where} has infinite values; leave those rows out")
    if task == "regression" and not types.is_numeric_dtype(target):
        raise WrongValue(
            f"{option('task', 'regression')}: {where} holds no numbers; must be classification, or another "
            f"{option('target')}"
        )
    count, rows = target.nunique(), len(target)
    if task == "classification" and types.is_float_dtype(target):
        raise WrongValue(
            f"{option('task', 'classification')}: {where} has {count} different values, with fractions; must be "
            "regression"
        )
    if count < 2:
        raise WrongValue(
            f"{option('data', data)}: {where} has the one value {str(target.iloc[0])!r} in all of its {rows} rows; "
            f"there must be two, or name another column with {option('target')}"
        )
    if task == "classification" and count > MOST_CLASSES and _are_dates(target):
        raise WrongValue(
            f"{option('data', data)}: {where} holds {count} different dates in {rows} rows, such as "
            f"{str(target.iloc[0])!r}: dates are not classes; name another column with {option('target')}: "
            f"{', '.join(others)}"
        )
    if task == "classification" and count >= _ALL_DIFFER * rows and rows >= _ENOUGH_ROWS:
        raise WrongValue(
            f"{option('data', data)}: {where} has {count} different values in {rows} rows, such as "
            f"{str(target.iloc[0])!r}: names, ids and dates are not classes; name another column with "
            f"{option('target')}: {', '.join(others)}"
        )


def _are_dates(target: "pd.Series[Any]") -> bool:
    return types.is_object_dtype(target.dtype) and dates.read(target.drop_duplicates()) is not None


def numbers(column: "pd.Series[Any]", writing: Writing, task: str, data: str) -> "pd.Series[Any]":
    """Return the target as numbers if it is a quantity, as texts if the task makes classes of it.

    Raises WrongValue, a question, if no task is set: the texts beside the numbers could be either.
    """
    if task == "classification":
        return column
    if task == "regression":
        return writing.read(column)
    shown = ", ".join(f"{text!r} in {int((column.str.strip() == text).sum())}" for text in writing.missing)
    raise WrongValue(
        f"{option('data', data)}: the target {column.name!r} holds numbers, but for {shown} of its {len(column)} rows; "
        f"with {option('task', 'regression')} these rows are left out, with {option('task', 'classification')} every "
        "text is a class"
    )
