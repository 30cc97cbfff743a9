"""Rows as people have them -> the columns that a model was fitted on; numbers as people write them -> numbers.

This file is logged beside each model and loaded there as the module `table_rows`: it imports nothing of this project.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.base import BaseEstimator, TransformerMixin

_END = r"(?:[eE][+-]?\d+)?"
# Groups of three, whole: "1,2" is no number, and nor is "0,123". In India all but the last are of two: "12,34,567".
POINT = re.compile(rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:,\d{{2,3}})*,\d{{3}})?(?:(?<=\d)\.\d*|\.\d+|(?<=\d)){_END}")
COMMA = re.compile(rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:\.\d{{3}})+)?(?:(?<=\d),\d*|,\d+|(?<=\d)){_END}")
# Groups of three as in France, "1 234,5", or in Switzerland, "1'234.5". With a 0 before them they are a code.
_GROUPED = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:[ \u00a0\u2009\u202f'\u2019]\d{3})+)(?!\d)")
# A negative number of accountants, "(7.5)", and one of SAP, "7.5-".
_AMOUNT = r"(?:[^\w()+-]|[A-Z]{3} )*\d[\d.,]*\s*[^\w\s()+-]?"
_NEGATIVE = re.compile(rf"\((?P<accountant>{_AMOUNT})\)|(?P<sap>{_AMOUNT})-")
# A minus sign, invisible marks, and the separators of Arabic numbers.
_PLAIN = {0x2212: "-", 0x200B: "", 0x2060: "", 0xFEFF: "", 0x66B: ".", 0x66C: ","}
# A column's name of several lines, as in a cell of a spreadsheet, is one of one line.
LINE_END = re.compile(r"\s*[\r\n]+\s*")
# What databases write for no value: it is never a text.
NULLS = ("\\N", "(null)", "<null>", "[null]")
# Texts that mean "no value" to pandas' reader of files, too.
GAPS = frozenset([*NULLS, "", "#N/A", "N/A", "NA", "NaN", "nan", "NULL", "null", "None", "<NA>", "n/a"])


def plainly(text: str) -> str:
    """Return a text with its number's sign in front of it and no blank or apostrophe in it; others as they are.

    >>> [plainly(text) for text in ("1 234,5 kg", "1'234.5", "(7.5)", "7.5-", "\u22127", "about 7", "0 123", "12 34")]
    ['1234,5 kg', '1234.5', '-7.5', '-7.5', '-7', 'about 7', '0 123', '12 34']
    """
    if text.isascii() and text.isalnum():
        return text
    text = _GROUPED.sub(lambda found: found[1] + re.sub(r"\D", "", found[2]), text.translate(_PLAIN).strip())
    negative = _NEGATIVE.fullmatch(text)
    return f"-{(negative['accountant'] or negative['sap']).strip()}" if negative else text


def numbers(
    texts: "pd.Series[str]", decimal_comma: bool = False, before: str = "", after: str = "", missing: Sequence[str] = ()
) -> "pd.Series[float]":
    """Read numbers, with the sign of a currency `before` or a unit `after` each, or without; NaN for other texts.

    >>> list(numbers(pd.Series(["1.234,5 kg", "-7kg", "-"]), decimal_comma=True, after="kg", missing=["-"]))
    [1234.5, -7.0, nan]
    """
    plain = texts.astype("str").str.strip().map(plainly, "ignore").astype("str")
    plain = plain.mask(plain.isin(list(missing)))
    if before:
        plain = plain.str.replace(rf"^([+-]?)\s*{re.escape(before)}\s*", r"\1", regex=True)
    if after:
        plain = plain.str.replace(rf"\s*{re.escape(after)}$", "", regex=True)
    pattern, group, point = (COMMA, ".", ",") if decimal_comma else (POINT, ",", ".")
    read = np.array([isinstance(text, str) and bool(pattern.fullmatch(text)) for text in plain], dtype=bool)
    plain = plain.where(read).str.replace(group, "", regex=False).str.replace(point, ".", regex=False)
    return plain.astype("float64")


class TableRows(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The first step of a logged model: it gives rows the columns and types of the table that was learned from.

    `columns` describes these, in their order: see `columns_of`. `takes_gaps` tells whether the estimator behind it
    takes a missing value where its own table had none.
    """

    def __init__(self, columns: Sequence[Mapping[str, Any]], takes_gaps: bool = True):
        self.columns = columns
        self.takes_gaps = takes_gaps

    def fit(self, rows: Any, target: Any = None) -> Self:
        """Learn nothing: the columns are known."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, rows: Any) -> pd.DataFrame:
        """Return a frame with the columns of the table that was learned from, whatever else the rows have.

        `rows` is a frame, a list of mappings, or rows of values in the columns' order. Raises ValueError, naming the
        column, if one is missing that had a value in every row, or holds what can't be read.
        """
        given = _frame(rows, [column["name"] for column in self.columns])
        columns = {}
        for column in self.columns:
            name = column["name"]
            if name in given:
                columns[name] = _READERS[column["kind"]](given[name], column)
            elif column["optional"]:
                columns[name] = _READERS[column["kind"]](pd.Series(None, given.index, dtype=object), column)
            else:
                raise ValueError(f"the column {name!r} is missing; there are {', '.join(map(repr, given)) or 'none'}")
            self._check(columns[name])
        return pd.DataFrame(columns, index=given.index)

    def _check(self, values: "pd.Series[Any]") -> None:
        if types.is_float_dtype(values.dtype) and np.isinf(values.to_numpy()).any():
            raise ValueError(f"the column {values.name!r} holds an infinite value")
        gaps = 0 if self.takes_gaps else int(values.isna().sum())
        if gaps:
            raise ValueError(
                f"the column {values.name!r} has no value in {gaps} of {len(values)} rows, and this model needs one"
            )


def columns_of(frame: pd.DataFrame, writings: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Describe the columns of a table for `TableRows`, in plain data: name, kind, what its texts are like.

    An `optional` column may be left out: it has gaps in the table. `writings` has, for columns that were written in
    another way than plain numbers are, the arguments of `numbers`.
    """
    described = []
    for name, column in frame.items():
        kind, more = _kind(column)
        more = {"writing": dict(writings.get(str(name), {}))} if kind == "number" else more
        described.append({"name": str(name), "kind": kind, "optional": bool(column.isna().any()), **more})
    return described


def _kind(column: "pd.Series[Any]") -> tuple[str, dict[str, Any]]:
    if types.is_bool_dtype(column.dtype):
        return "boolean", {}
    if types.is_numeric_dtype(column.dtype):
        return "number", {}
    if types.is_datetime64_any_dtype(column.dtype):
        return "time", {"dtype": str(column.dtype)}
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = float if types.is_numeric_dtype(column.cat.categories.dtype) else str
        return "category", {"categories": [kind(value) for value in column.cat.categories]}
    texts = column.dropna().astype("str")
    return "text", {"blanks": bool(texts.str.startswith(" ").any()), "dates": _date_format(texts)}


def _date_format(texts: "pd.Series[str]") -> str | None:
    from pandas.tseries.api import guess_datetime_format

    first = next(iter(texts), "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas warns if the day comes first
        return next(
            filter(None, (guess_datetime_format(first, dayfirst=day_first) for day_first in (False, True))), None
        )


def _frame(rows: Any, names: Sequence[str]) -> pd.DataFrame:
    if isinstance(rows, np.ndarray) and rows.ndim == 1:
        rows = list(rows)
    if isinstance(rows, pd.Series | Mapping):
        rows = dict(rows)
        by_column = any(isinstance(value, list | pd.Series) or np.ndim(value) > 0 for value in rows.values())
        rows = pd.DataFrame(rows) if by_column else [rows]
    if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        # MLflow's server makes an array of a value, without a dimension.
        rows = [
            {key: each.item() if isinstance(each, np.ndarray) else each for key, each in row.items()} for row in rows
        ]
    if not isinstance(rows, pd.DataFrame):
        rows = pd.DataFrame(rows)
        if isinstance(rows.columns, pd.RangeIndex):  # rows of values alone
            if rows.shape[1] != len(names):
                raise ValueError(f"rows of {rows.shape[1]} values; the model takes {len(names)}: {', '.join(names)}")
            rows.columns = pd.Index(names)
    # The reader of files strips the names, so a frame that was read by another may have blanks about them.
    known = {str(name): position for position, name in reversed(list(enumerate(rows.columns)))}
    stripped = {LINE_END.sub(" ", name.strip()): position for name, position in known.items()} | known
    return pd.DataFrame({name: rows.iloc[:, stripped[name]] for name in names if name in stripped}, index=rows.index)


def _numbers(values: "pd.Series[Any]", column: Mapping[str, Any]) -> "pd.Series[Any]":
    if types.is_numeric_dtype(values.dtype) and not types.is_complex_dtype(values.dtype):
        return values.astype("float64")
    is_text = np.array([isinstance(value, str) for value in values], dtype=bool)
    read = values.astype(object).where(~is_text).map(_number).astype("float64")
    writing = column.get("writing", {})
    if is_text.any():
        read[is_text] = numbers(values[is_text], **writing)
    return _all_read(values, read, column, "no number", writing.get("missing", ()))


def _number(value: Any) -> float:
    """Read a value that is no text; what is no number, None among it, is none here."""
    return float(value) if isinstance(value, int | float | Decimal | np.number | np.bool_) else np.nan


def _booleans(values: "pd.Series[Any]", column: Mapping[str, Any]) -> "pd.Series[Any]":
    known = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    texts = _texts(values).str.lower()
    texts = texts.mask(texts.isin({gap.lower() for gap in GAPS}))
    read = _all_read(texts, texts.map(known).astype("boolean"), column, "neither true nor false")
    return read if read.isna().any() else read.astype("bool")


def _times(values: "pd.Series[Any]", column: Mapping[str, Any]) -> "pd.Series[Any]":
    zone = getattr(pd.api.types.pandas_dtype(column["dtype"]), "tz", None)
    times = pd.to_datetime(values, format="mixed", errors="coerce", utc=zone is not None)
    times = _all_read(values.mask(values.isin(GAPS)), times, column, "no date")
    if zone is None and times.dt.tz is not None:
        times = times.dt.tz_localize(None)
    return times.astype(column["dtype"])


def _categories(values: "pd.Series[Any]", column: Mapping[str, Any]) -> "pd.Series[Any]":
    known = column["categories"]
    of_numbers = bool(known) and not isinstance(known[0], str)
    read = _numbers(values, column) if of_numbers else _texts(values)
    unseen = [value for value in read.dropna().unique() if value not in set(known)]
    return read.astype(pd.CategoricalDtype([*known, *unseen]))


def _text(values: "pd.Series[Any]", column: Mapping[str, Any]) -> "pd.Series[Any]":
    if (form := column["dates"]) is not None:
        values = values.map(lambda value: value.strftime(form) if hasattr(value, "strftime") else value, "ignore")
    texts = _texts(values.mask(values.isin(NULLS)))
    return texts if column["blanks"] else texts.str.lstrip()


def _texts(values: "pd.Series[Any]") -> "pd.Series[str]":
    """Return texts; a whole number is written without a point: gaps beside it had made a float of it."""
    return values.map(
        lambda value: str(int(value) if isinstance(value, float | np.floating) and value % 1 == 0 else value), "ignore"
    ).astype("str")


def _all_read(
    values: "pd.Series[Any]",
    read: "pd.Series[Any]",
    column: Mapping[str, Any],
    problem: str,
    missing: Sequence[str] = (),
) -> "pd.Series[Any]":
    """Return what was read. Raises ValueError if a value was not that does not stand for a gap."""
    unread = values[read.isna() & values.notna()]
    unread = unread[[str(value).strip() not in GAPS.union(missing) for value in unread]]
    if len(unread):
        raise ValueError(f"the column {column['name']!r} holds {unread.iloc[0]!r}, which is {problem}")
    return read


_READERS = {"number": _numbers, "boolean": _booleans, "time": _times, "category": _categories, "text": _text}
