"""Numbers as people write them: `1,234.5`, and `1.234,5` where a comma is the decimal sign."""

import re

import pandas as pd
from pandas.api import types

_END = r"(?:[eE][+-]?\d+)?"
# Groups of three, whole: "1,2" is no number.
_POINT = re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:,\d{{3}})+)?(?:(?<=\d)\.\d*|\.\d+|(?<=\d)){_END}")
_COMMA = re.compile(rf"[+-]?(?:\d+|\d{{1,3}}(?:\.\d{{3}})+)?(?:(?<=\d),\d*|,\d+|(?<=\d)){_END}")
_A_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+")
# The first values are tried before all others: they mostly tell if a column holds no numbers.
_FEW = 100


def is_number(text: str) -> bool:
    """Tell whether a text is a number with a decimal point.

    >>> [is_number(text) for text in ("1,234.5", "-.5", "1e3", "1,2", "12,34", "", ".", "1.234,5")]
    [True, True, True, False, False, False, False, False]
    """
    return bool(_POINT.fullmatch(text.strip()))


def parse(column: "pd.Series[str]", decimal_comma: bool) -> "pd.Series[float] | None":
    """Turn a column of text into numbers; a missing value stays one. None if some other value is no number.

    >>> list(parse(pd.Series(["1,234.5", "-7"]), decimal_comma=False))
    [1234.5, -7.0]
    >>> list(parse(pd.Series(["1.234,5", "-7"]), decimal_comma=True))
    [1234.5, -7.0]
    """
    if decimal_comma:
        pattern, group, point = _COMMA, ".", ","
    else:
        pattern, group, point = _POINT, ",", "."
    for some in (column.head(_FEW).dropna(), column.dropna()):
        if some.empty or not all(pattern.fullmatch(text.strip()) for text in some):
            return None
    plain = column.str.strip().str.replace(group, "", regex=False).str.replace(point, ".", regex=False)
    numbers = plain.astype("float64")
    whole = numbers.notna().all() and (numbers.abs() < 2**53).all() and (numbers % 1 == 0).all()
    written_whole = whole and not column.str.contains(point, regex=False).any()
    return numbers.astype("int64") if written_whole else numbers


def has_decimal_commas(frame: pd.DataFrame) -> bool:
    """Tell whether some column of text holds nothing but numbers, one of them with a decimal comma."""
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if types.is_string_dtype(column.dtype) and parse(column, True) is not None:
            texts = column.dropna().str.strip()
            if any(_A_DECIMAL_COMMA.fullmatch(text) for text in texts):
                return True
    return False
