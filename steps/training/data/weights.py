"""The column of sample weights: how much each row counts, in fit and in score."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.data.splits import Layout


def read(column: "pd.Series[Any]", data: str) -> np.ndarray:
    """Return weights as floats. Raises WrongValue, with the row (from 1, by the index), if one is none.

    A weight is a finite number that is not negative; no gap is filled, since nobody knows what it would count.
    """
    where = f"{option('weight', column.name)}:"
    if not types.is_numeric_dtype(column.dtype) or types.is_bool_dtype(column.dtype):
        example = next((value for value in column if not pd.isna(value)), None)
        raise WrongValue(f"{where} must be a column of numbers; that of {data} has values such as {str(example)!r}")
    weights: np.ndarray = column.to_numpy(dtype="float64", na_value=np.nan)
    for wrong, what, remedy in (
        (np.isnan(weights), "no weight", "fill it, or leave the row out"),
        (np.isinf(weights), "an infinite weight", "must be a number from 0 on"),
        (weights < 0, "a negative weight", "must be a number from 0 on"),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            shown = f", {weights[rows[0]]:g}" if weights[rows[0]] < 0 else ""
            more = f" and {len(rows) - 1} more rows have" if len(rows) > 1 else " has"
            raise WrongValue(f"{where} row {column.index[rows[0]] + 1} of {data}{more} {what}{shown}: {remedy}")
    return weights


def check(weights: np.ndarray, layout: Layout, name: str, data: str) -> None:
    """Raise WrongValue if all rows that are held out, or that a fold fits or scores on, weigh nothing.

    `weights` are in the layout's order.
    """
    parts = {"the held-out rows": layout.held_out, "the training rows": layout.training}
    for number, (fit, score) in enumerate(layout.splits):
        parts |= {f"the rows that fold {number} fits on": fit, f"the rows that fold {number} scores": score}
    for what, rows in parts.items():
        if not weights[rows].any():
            raise WrongValue(
                f"{option('weight', name)}: {what}, of {data}, all have the weight 0; leave out rows of no weight, or "
                "split otherwise"
            )
