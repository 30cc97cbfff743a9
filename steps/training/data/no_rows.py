"""Lines of a file that are no rows of its table: its names once more, units or descriptions below them, a total."""

import re
from collections.abc import Sequence, Set

import pandas as pd
from pandas.api import types

from steps.training.data import numerals
from steps.training.shipped.table_rows import GAPS

# So many lines below the names at most say what the columns hold: one of units, two of a survey's export.
_MOST = 2
# Of fewer columns of numbers it is a text in place of a number.
_FEWEST = 2
# So many of the rows below them tell whether a column holds numbers, and so large a share of these must be some.
_SAMPLE, _NUMBERS = 100, 0.9
_NUMBER = re.compile(r"[-+(]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?%?\)?")
_LONGEST = 30
_TOTAL = re.compile(
    r"((grand |sub|column )?(total|sum)s?|summe|(ins)?gesamt|totale|somme|suma|\u0438\u0442\u043e\u0433\u043e):?",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-=:+]{3,}")


def rows(frame: pd.DataFrame, names: Sequence[str]) -> tuple["pd.Series[bool] | None", tuple[str, ...]]:
    """Tell which lines of a table, as pandas has read it, are rows, None for all; and what to tell the user."""
    texts = _texts(frame)
    kept, said = pd.Series(True, frame.index), []
    if above := _descriptions(frame, texts):
        shown = ", ".join(
            " ".join(str(cell).split())[:_LONGEST] for cell in frame.iloc[0, sorted(texts)].dropna().head(3)
        )
        said.append(f"below the names {_lines(above)} of units or descriptions ({shown}): left out")
        kept.iloc[:above] = False
    again = pd.Series(True, frame.index)
    for place, name in enumerate(names):
        again &= frame.iloc[:, place] == name if place in texts else frame.iloc[:, place].isna()
        if not again.any():
            break
    else:
        said.append(f"its names stand again in {_lines(int(again.sum()))} below: left out")
        kept &= ~again
    if (total := _total(frame, texts)) is not None:
        said.append(f"its last line is of a {total!r}: left out")
        kept.iloc[-1] = False
    return (kept if said else None), tuple(said)


def without(frame: pd.DataFrame, kept: "pd.Series[bool]") -> pd.DataFrame:
    """Return the rows of a table that are some.

    Its columns are text for the lines that are none. Those of true and false become booleans; those of numbers are for
    `csv_numbers`.
    """
    frame = frame[kept].reset_index(drop=True)
    for place in _texts(frame):
        if (values := _booleans(frame.iloc[:, place])) is not None:
            frame.isetitem(place, values)
    return frame


def _texts(frame: pd.DataFrame) -> set[int]:
    return {place for place, kind in enumerate(frame.dtypes) if types.is_string_dtype(kind)}


def _lines(count: int) -> str:
    return "a line" if count == 1 else f"{count} lines"


def _descriptions(frame: pd.DataFrame, texts: Set[int]) -> int:
    """Return how many rows at the top say what the columns hold, or rule these off.

    Those that say it have no number in any column of numbers, and some text in most of these, which are two or more.
    """
    of_numbers = [place for place in sorted(texts) if _holds_numbers(frame.iloc[_MOST : _MOST + _SAMPLE, place])]
    others = [place for place in range(frame.shape[1]) if place not in texts]
    numeric = [place for place in others if frame.iloc[:, place].notna().any()]
    count = len(of_numbers) + len(numeric)
    most = min(_MOST, max(len(frame) - 1, 0))
    for row in range(most):
        rules, cells = _cells(frame.iloc[row]), _cells(frame.iloc[row, of_numbers])
        if len(rules) > 1 and all(map(_RULE.fullmatch, rules)):
            continue
        said = sum(not numerals.is_mark(cell) for cell in cells)
        no_numbers = not any(map(_NUMBER.fullmatch, cells)) and frame.iloc[row, numeric].isna().all()
        if not no_numbers or said * 2 <= count or count < _FEWEST:
            return row
    return most


def _total(frame: pd.DataFrame, texts: Set[int]) -> str | None:
    """Return what the last row says if it sums up the others: a text that stands nowhere else in its column."""
    for place in sorted(texts) if len(frame) > _FEWEST else ():
        cell = str(frame.iloc[-1, place]).strip()
        if _TOTAL.fullmatch(cell) and (frame.iloc[:, place].str.strip() == cell).sum() == 1:
            return cell
    return None


def _cells(row: "pd.Series[str]") -> list[str]:
    return [text for cell in row.dropna() if (text := str(cell).strip()) not in GAPS]


def _holds_numbers(column: "pd.Series[str]") -> bool:
    cells = _cells(column)
    return bool(cells) and sum(bool(_NUMBER.fullmatch(cell)) for cell in cells) >= _NUMBERS * len(cells)


def _booleans(column: "pd.Series[str]") -> "pd.Series[bool] | None":
    known = {"true": True, "false": False}
    values = column.str.lower().map(known)
    if column.isna().all() or (values.isna() & column.notna()).any():
        return None
    return values.astype("boolean") if values.isna().any() else values.astype("bool")
