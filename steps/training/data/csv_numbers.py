"""Columns of text that hold numbers, as people write them, become numbers; classes that look like gaps are kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from steps.training.data import numerals
from steps.training.data.csv_reader import CsvReader
from steps.training.data.numerals import Writing

# Texts that pandas' reader takes for a missing value, and that people name classes.
_CLASSES = ("None", "NA", "N/A", "n/a", "null", "NULL")


def has_decimal_commas(frame: pd.DataFrame, reader: CsvReader, separator: str) -> bool:
    """Tell whether the file has decimal commas. Between semicolons one such number is enough.

    Elsewhere a comma may group digits, or join two codes: some column must be unreadable in any other way, and no
    column may have decimal points.
    """
    if separator == ";":
        return numerals.has_decimal_commas(frame)
    if not numerals.has_decimal_commas(frame, surely=True):
        return False
    floats, texts = _floats(frame), frame.copy(deep=False)
    reader.read_again(texts, floats)
    return all(numerals.writing_of(texts.iloc[:, position], True) for position in floats)


@dataclass(frozen=True)
class Numbers:
    """Columns, by their places, whose numbers are not written plainly, and those with some in parentheses."""

    writings: Mapping[int, Writing]
    in_parentheses: Sequence[int]


def read(frame: pd.DataFrame, reader: CsvReader, decimal_comma: bool) -> Numbers:
    """Turn columns of text that hold numbers into numbers, in place, but for those with texts for missing ones."""
    if decimal_comma:
        _read_grouped(frame, reader)
    writings, in_parentheses = {}, []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if types.is_string_dtype(column.dtype) and (writing := numerals.writing_of(column, decimal_comma)):
            if column.str.startswith("(").any():
                in_parentheses.append(place)
            if not writing.missing:
                frame.isetitem(place, writing.read(column))
            if writing.as_dict():
                writings[place] = writing
        elif decimal_comma and types.is_numeric_dtype(column.dtype):
            writings[place] = Writing(decimal_comma)
    return Numbers(writings, in_parentheses)


def restore_classes(frame: pd.DataFrame, place: int, reader: CsvReader) -> dict[str, int]:
    """Give a target of text the classes back that pandas takes for missing values: `None`, `NA`.

    Return how often which text stands in its missing cells.
    """
    column = frame.iloc[:, place]
    if not column.isna().any():
        return {}
    texts = reader.texts([place], keep_default_na=False, na_values=[""]).iloc[:, 0]
    if types.is_string_dtype(column.dtype) and not any(numerals.writing_of(column, comma) for comma in (False, True)):
        counts = texts.value_counts()
        classes = [text for text in _CLASSES if counts.get(text, 0) > 1]  # one alone is a gap
        frame.isetitem(place, column.mask(texts.isin(classes), texts))
    return dict(Counter(texts[frame.iloc[:, place].isna()].fillna("")))


def _floats(frame: pd.DataFrame) -> list[int]:
    return [position for position, kind in enumerate(frame.dtypes) if types.is_float_dtype(kind)]


def _read_grouped(frame: pd.DataFrame, reader: CsvReader) -> None:
    """Read columns such as 1.234 again, for a file with decimal commas: pandas took the point for a decimal one."""
    floats = _floats(frame)
    before = frame.iloc[:, floats].copy()
    reader.read_again(frame, floats)
    for number, position in enumerate(floats):
        if numerals.writing_of(frame.iloc[:, position], True) is None:
            frame.isetitem(position, before.iloc[:, number])
