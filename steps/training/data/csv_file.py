"""A CSV file as people have them -> a table."""

import csv
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.training.data import numerals

SEPARATORS = ",;\t|"
# How many characters are read to tell the separator, and what share of their lines must agree on it.
_SAMPLE = 256 * 1024
_AGREE = 0.9
_UNNAMED = re.compile(r"(Unnamed: \d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a file is written: its separator and the names in its first line, "" for a column without one."""

    separator: str
    names: tuple[str, ...]


def read(path: Path, where: str, compression: str | None) -> tuple[pd.DataFrame, list[str]]:
    """Read a CSV file in UTF-8, with or without a BOM; return its table and notes for the user.

    Separators are `,`, `;`, tab and `|`. Numbers may have thousands separators, and a decimal comma if the separator is
    `;`. A nameless column that only counts the rows is left out.
    Raises WrongValue, beginning with `where`, for a file that can't be used.
    """
    try:
        with _open(path, compression) as text:
            dialect = sniff(text.read(_SAMPLE), where)
        frame = _read(path, dialect, compression)
        _reread_as_text(frame, path, dialect, compression)
    except UnicodeDecodeError as error:
        raise WrongValue(f"{where}: is no text in UTF-8 ({error.reason}); save it as UTF-8") from error
    except pd.errors.EmptyDataError as error:
        raise WrongValue(f"{where}: is empty") from error
    except pd.errors.ParserWarning as error:
        raise WrongValue(
            f"{where}: has lines of more fields than its first line, which names {len(dialect.names)} columns; name "
            "them all, or put text with a separator in double quotes"
        ) from error
    except (pd.errors.ParserError, csv.Error, EOFError, OSError) as error:
        raise WrongValue(f"{where}: can't be read as CSV: {' '.join(str(error).split())}") from error
    if frame.empty:
        raise WrongValue(f"{where}: has only its first line, the columns' names; there must be rows")
    frame.columns = pd.Index([name or f"Unnamed: {number}" for number, name in enumerate(dialect.names)])
    decimal_comma = dialect.separator == ";" and numerals.has_decimal_commas(frame)
    if decimal_comma:
        _reread_grouped(frame, path, dialect, compression)
    for position, name in enumerate(frame):
        column = frame.iloc[:, position]
        if types.is_string_dtype(column.dtype) and (numbers := numerals.parse(column, decimal_comma)) is not None:
            frame[name] = numbers
    return _without_index(frame, dialect)


def sniff(text: str, where: str) -> Dialect:
    """Tell the separator and the columns' names from the beginning of a file.

    The separator is the one by which the lines agree on the number of fields, and the greatest such number.
    """
    if not text.strip():
        raise WrongValue(f"{where}: is empty")
    if len(text) == _SAMPLE:
        text = text[: text.rfind("\n") + 1] or text
    ranked: list[tuple[bool, float, Dialect]] = []
    for separator in SEPARATORS:
        try:
            lines = [line for line in _split(text, separator) if line]
        except csv.Error:
            continue
        names = _names(lines)
        agree = sum(len(line) == len(names) for line in lines[1:]) / max(len(lines) - 1, 1)
        ranked.append((agree >= _AGREE and len(names) > 1, agree * len(names), Dialect(separator, names)))
    if not ranked:
        raise WrongValue(f"{where}: can't be read as CSV: a field is longer than {csv.field_size_limit()} characters")
    dialect = max(ranked, key=lambda entry: entry[:2])[2]
    _check_names(dialect.names, where)
    return dialect


def _split(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True))


def _names(lines: list[list[str]]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in lines[0])
    longer = [line for line in lines[1:] if len(line) == len(names) + 1]
    if len(names) > 1 and len(longer) > _AGREE * (len(lines) - 1):
        if all(not line[-1].strip() for line in longer):
            return (*names, "")  # a separator at the end of each line
        return ("", *names)  # R's row names
    return names


def _check_names(names: tuple[str, ...], where: str) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if len(names) > 1 and all(map(numerals.is_number, names)) and not all(name.isdigit() for name in names):
        raise WrongValue(f"{where}: its first line holds numbers; it must name the columns")
    if twice:
        raise WrongValue(f"{where}: has columns of the same name, {', '.join(map(repr, twice))}; rename them")


def _open(path: Path, compression: str | None) -> IO[str]:
    if compression == "gzip":
        import gzip

        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _read(path: Path, dialect: Dialect, compression: str | None, **options: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see _reread_as_text
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a line with more fields would lose them
        return pd.read_csv(
            path,
            sep=dialect.separator,
            header=0,
            names=cast(Any, range(len(dialect.names))),
            index_col=False,
            encoding="utf-8-sig",
            compression=cast(Any, compression),
            skipinitialspace=True,
            **options,
        )


def _reread_as_text(frame: pd.DataFrame, path: Path, dialect: Dialect, compression: str | None) -> None:
    """Read columns of mixed types again as text: pandas guesses a type for each piece of a long file."""
    mixed = [position for position, kind in enumerate(frame.dtypes) if types.is_object_dtype(kind)]
    booleans = [p for p in mixed if types.infer_dtype(frame.iloc[:, p], skipna=True) == "boolean"]
    for position in booleans:
        frame.isetitem(position, frame.iloc[:, position].astype("boolean"))
    _reread(frame, [p for p in mixed if p not in booleans], path, dialect, compression)


def _reread_grouped(frame: pd.DataFrame, path: Path, dialect: Dialect, compression: str | None) -> None:
    """Read columns such as 1.234 again, for a file with decimal commas: pandas took the point for a decimal one."""
    floats = [position for position, kind in enumerate(frame.dtypes) if types.is_float_dtype(kind)]
    before = frame.iloc[:, floats].copy()
    _reread(frame, floats, path, dialect, compression)
    for number, position in enumerate(floats):
        if numerals.parse(frame.iloc[:, position], True) is None:
            frame.isetitem(position, before.iloc[:, number])


def _reread(frame: pd.DataFrame, positions: list[int], path: Path, dialect: Dialect, compression: str | None) -> None:
    if positions:
        text = _read(path, dialect, compression, usecols=positions, dtype=str)
        for number, position in enumerate(positions):
            frame.isetitem(position, text.iloc[:, number])


def _without_index(frame: pd.DataFrame, dialect: Dialect) -> tuple[pd.DataFrame, list[str]]:
    nameless = [p for p, name in enumerate(dialect.names) if _UNNAMED.fullmatch(name)]
    empty = [p for p in nameless if frame.iloc[:, p].isna().all()]  # separators at the ends of the lines
    counting = [p for p in nameless if p == 0 and _counts_rows(frame.iloc[:, p])]
    notes = ["its first column has no name and only counts the rows: left out"] if counting else []
    left = [p for p in range(frame.shape[1]) if p not in (*empty, *counting)]
    return (frame if len(left) == frame.shape[1] else frame.iloc[:, left]), notes


def _counts_rows(column: "pd.Series[Any]") -> bool:
    if not types.is_integer_dtype(column.dtype):
        return False
    first = int(column.iloc[0])
    return first in (0, 1) and bool((column.to_numpy() == range(first, first + len(column))).all())
