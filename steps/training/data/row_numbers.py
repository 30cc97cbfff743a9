"""Columns that only count or name the rows: a score through them says nothing about other rows."""

import re
from collections.abc import Collection

import pandas as pd
from pandas.api import types

from steps.parameters.option import option

# The names that R, pandas and people's scripts give to a table's row numbers or row names.
_ROW_NAMES = re.compile(r"|Unnamed: \d+(\.\d+)?|X(\.\d+)?|row[ ._]?names?|index|level_0", re.IGNORECASE)


def find(frame: pd.DataFrame, but: Collection[str | None]) -> tuple[list[str], list[str]]:
    """Return the first columns that number or name the rows, and sentences about them and about a likely id.

    Such a column has a name for row numbers and another value in each row, in any order: whole numbers or texts. A
    first column of another name that counts 1, 2, 3, … may be an id, and is asked about. Those in `but` have a role.
    """
    left_out = []
    for name in frame.columns:
        if name in but or not _ROW_NAMES.fullmatch(name) or not _names_rows(name, frame[name]):
            break
        left_out.append(name)
    if left_out:
        if not set(frame.columns) - {*left_out, *but}:
            return [], []  # nothing else is there to learn from
        shown = " and ".join(map(repr, left_out))
        return left_out, [f"{shown} only tell{'s' if len(left_out) == 1 else ''} the rows apart: left out"]
    first = frame.columns[0]
    if first not in but and _counts(frame[first]):
        return [], [
            f"the first column, {first!r}, counts the rows; if it is an id, leave it out with "
            f"{option('drop', str(first))}"
        ]
    return [], []


def _names_rows(name: str, column: "pd.Series[object]") -> bool:
    if types.is_float_dtype(column.dtype) and not name.startswith("Unnamed"):
        return False  # X may be a measure
    return not column.isna().any() and column.is_unique


def _counts(column: "pd.Series[object]") -> bool:
    if not types.is_integer_dtype(column.dtype) or len(column) < 3:
        return False
    first = int(column.iloc[0])
    return first in (0, 1) and bool((column.to_numpy() == range(first, first + len(column))).all())
