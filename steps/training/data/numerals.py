"""How a column of text writes numbers, if it holds numbers: with a decimal comma, a unit, a mark for a missing one."""

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from pandas.api import types

from steps.training.shipped import table_rows
from steps.training.shipped.table_rows import COMMA, POINT

_A_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+")
_CURRENCY = "(?:[A-Z]{0,3}[$\u00a2-\u00a5\u0e3f\u20a0-\u20c0]|USD|EUR|GBP|CHF|JPY|CNY|INR|RUB|BRL|CAD|AUD)"
_WORD = r"[^\W\d_]{1,8}"
_UNIT = f"(?:{_CURRENCY}|[%\u2030\u2103\u2109]|\u00b0[CFK]?|{_WORD}\\.?(?:[/ ^]{_WORD})?[23\u00b2\u00b3]?)"
# Never two runs of blanks side by side: of n blanks there would be n squared ways to share them.
_WITH_UNIT = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:(?P<before>{_CURRENCY})\s*)?(?P<number>[+-]?[\d.,]+)\s*(?P<after>{_UNIT})?"
)
# What is no number whatever stands beside it, unlike "none", which may be 0: signs alone, these words, a bound ("<3").
_GAP = r"[^\w\s]{1,3}|n\.?[ad]\.?|unknown|missing|tbd|not (available|known)|[<>\u2264\u2265]=?\s*[\d.,]+"
_IS_GAP = re.compile(_GAP, re.IGNORECASE)
# What stands for a missing number if it is rare among numbers: these words too.
_MARK = re.compile(rf"{_GAP}|nil|none", re.IGNORECASE)
# What a spreadsheet shows in place of a number: #DIV/0!, #VALUE!, #NAME?, in German #WERT!, #NV.
_ERROR = re.compile(r"#[^\W\d_/]+(/0)?[!?]|#NV|#N/V")
# A mark is told from a class: for each there are so many numbers, and there are few different marks.
_NUMBERS_TO_MARKS = 9
_MARKS = 3
# Of so many different numbers no one means codes, so any text beside them is a mark.
_CODES = 20
# The first values are tried before all others: they mostly tell if a column holds no numbers.
_FEW = 100


@dataclass(frozen=True)
class Writing:
    """How a column writes numbers: the arguments of `table_rows.numbers`. `missing` are texts in place of a number."""

    decimal_comma: bool = False
    before: str = ""
    after: str = ""
    missing: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what is not as in plain numbers, as plain data."""
        return {name: value for name, value in asdict(self).items() if value}

    def read(self, texts: "pd.Series[str]") -> "pd.Series[Any]":
        """Return the numbers; whole ones without a gap and a decimal sign as integers."""
        read = table_rows.numbers(texts, self.decimal_comma, self.before, self.after, self.missing)
        whole = read.notna().all() and (read.abs() < 2**53).all() and (read % 1 == 0).all()
        if whole and not texts.str.contains("," if self.decimal_comma else ".", regex=False).any():
            return read.astype("int64")
        return read


def is_number(text: str) -> bool:
    """Tell whether a text is a number with a decimal point.

    >>> [is_number(text) for text in ("1,234.5", "-.5", "1e3", "1,2", "0,123", "", ".", "1.234,5")]
    [True, True, True, False, False, False, False, False]
    """
    return bool(POINT.fullmatch(text.strip()))


def is_mark(text: str) -> bool:
    """Tell whether a text among numbers stands for a missing one, whatever the numbers are.

    >>> [is_mark(text) for text in ("-", "unknown", "#VALUE!", "<3", "mm", "Tuesday")]
    [True, True, True, True, False, False]
    """
    return bool(_MARK.fullmatch(text) or _ERROR.fullmatch(text))


def writing_of(column: "pd.Series[str]", decimal_comma: bool) -> Writing | None:
    """Tell how a column of text writes numbers; None if it holds none, or other texts beside them.

    >>> writing_of(pd.Series(["$1,234.5", "$7"]), decimal_comma=False)
    Writing(decimal_comma=False, before='$', after='', missing=())
    >>> writing_of(pd.Series(["1", "-", *"23456789"]), decimal_comma=False).missing
    ('-',)
    """
    texts = column.dropna().str.strip()
    first = [_unit(text, decimal_comma) for text in texts.head(_FEW)]
    if first.count(None) * 2 > len(first) or texts.empty:
        return None
    units = [_unit(text, decimal_comma) for text in texts]
    if len(kinds := set(units) - {None}) != 1:
        return None
    ((before, after),) = filter(None, kinds)
    if texts.str.startswith("(").all():
        return None  # "(1)" is a negative number beside others alone
    others = Counter(text for text, unit in zip(texts, units, strict=True) if unit is None)
    if others and not _are_marks(others, texts):
        return None
    return Writing(decimal_comma, before, after, tuple(sorted(others)))


def _unit(text: str, decimal_comma: bool) -> tuple[str, str] | None:
    """Return what stands before and after the number in a text; None if there is no number."""
    pattern = COMMA if decimal_comma else POINT
    if pattern.fullmatch(text):
        return "", ""
    text = table_rows.plainly(text)
    match = _WITH_UNIT.fullmatch(text)
    if not match or not pattern.fullmatch(match["number"]):
        return None
    return match["before"] or "", match["after"] or ""


def _are_marks(others: "Counter[str]", texts: "pd.Series[str]") -> bool:
    """Tell whether the texts that are no numbers stand for missing ones."""
    if others.total() * 2 > len(texts):
        return False
    if all(map(_ERROR.fullmatch, others)):
        return True
    of_a_quantity = texts.nunique() - len(others) > _CODES
    if len(others) > _MARKS:
        return False
    if others.total() * (_NUMBERS_TO_MARKS + 1) > len(texts):
        return of_a_quantity and all(map(_IS_GAP.fullmatch, others))
    return of_a_quantity or all(map(_MARK.fullmatch, others))


def has_decimal_commas(frame: pd.DataFrame, *, surely: bool = False) -> bool:
    """Tell whether some column of text holds nothing but numbers, one of them with a decimal comma.

    If `surely`, a comma that could group digits, or join two codes, is none: "1,234", or "1,2" among a few others.
    """
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if types.is_string_dtype(column.dtype) and writing_of(column, True) is not None:
            texts = column.dropna().str.strip()
            numbers = (_WITH_UNIT.fullmatch(table_rows.plainly(text)) for text in texts)
            found = any(match and _A_DECIMAL_COMMA.fullmatch(match["sign"] + match["number"]) for match in numbers)
            if found and not (surely and (texts.nunique() <= _CODES or writing_of(column, False) is not None)):
                return True
    return False
