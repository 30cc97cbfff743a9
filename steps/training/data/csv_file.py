"""A CSV file as people have them -> a table."""

import csv
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any, cast

import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.training.data import dialect, numerals
from steps.training.data.dialect import BLANKS, END, Dialect
from steps.training.data.numerals import Writing
from steps.training.data.table_file import UNREADABLE, TableFile

# How many characters are read to tell how a file is written.
_SAMPLE = 256 * 1024
# If these are fewer lines, more is read: as much as the names of 200,000 columns.
_LINES, _LONGEST_LINE = 3, 4 * 1024 * 1024
_WESTERN_NOTE = "it is not in UTF-8 and is read as Windows-1252; if its texts look wrong, save it as UTF-8"
# Texts that pandas' reader takes for a missing value, and that people name classes.
_CLASSES = ("None", "NA", "N/A", "n/a", "null", "NULL")


@dataclass(frozen=True)
class FileTable:
    """The table of a file, as it was read.

    `notes` are for the user. `writings` tells how columns of numbers were written that are not written plainly. Those
    with texts for missing numbers are text still: for a target, the texts may be classes. `gaps` counts the texts that
    stood in the target's missing cells.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    writings: Mapping[str, Writing] = field(default_factory=dict)
    gaps: Mapping[str, int] = field(default_factory=dict)


def read(file: TableFile, target_of: Callable[[Sequence[str]], str | None] = lambda _: None) -> FileTable:
    """Read a CSV file. One that is not in its encoding is read in `table_file.WESTERN`, with a note.

    Separators are `,`, `;`, tab, `|` and, if there is none of these, blanks. Numbers may have thousands separators, a
    unit, and a decimal comma if the separator is `;`. `target_of` picks the target from the columns' names.
    Raises WrongValue, which begins with the file's `where`, if it can't be used.
    """
    try:
        return _read_table(file, target_of)
    except UnicodeDecodeError as error:
        western = file.western()
        if western is None:
            written = file.encoding.upper().removesuffix("-SIG")
            raise WrongValue(f"{file.where}: is not text in {written} ({error.reason}); save it as UTF-8") from error
    try:
        table = _read_table(western, target_of)
    except UnicodeDecodeError as error:
        raise WrongValue(f"{file.where}: is text in neither UTF-8 nor Windows-1252; save it as UTF-8") from error
    return replace(table, notes=(_WESTERN_NOTE, *table.notes))


def _read_table(file: TableFile, target_of: Callable[[Sequence[str]], str | None]) -> FileTable:
    where = file.where
    try:
        with file.open() as text:
            written = dialect.sniff(_beginning(text, where), where)
        frame = _read(file, written)
        if any(str(value).endswith(END) for value in frame.tail(1).to_numpy().flat):
            written = replace(written, has_end=True)
            frame = _read(file, written)
            _strip_end(frame)
        _reread_as_text(frame, file, written)
    except pd.errors.EmptyDataError as error:
        raise WrongValue(f"{where}: is empty") from error
    except pd.errors.ParserWarning as error:
        raise WrongValue(
            f"{where}: has lines of more fields than its first line, which names {len(written.names)} columns; name "
            "them all, or put text with a separator in double quotes"
        ) from error
    except (pd.errors.ParserError, csv.Error, *UNREADABLE) as error:
        raise WrongValue(f"{where}: can't be read as CSV: {' '.join(str(error).split())}") from error
    if frame.empty:
        raise WrongValue(f"{where}: has only its first line, the columns' names; there must be rows")
    names = [name or f"Unnamed: {place}" for place, name in enumerate(written.names)]
    target = target_of([name for place, name in enumerate(names) if not _is_no_column(frame, place, written)])
    gaps = {}
    if target in names:
        gaps = _restore_classes(frame, names.index(target), file, written)
    writings = {names[place]: writing for place, writing in _read_numbers(frame, file, written).items()}
    frame.columns = pd.Index(names)
    kept = [place for place in range(len(names)) if not _is_no_column(frame, place, written)]
    frame = frame if len(kept) == len(names) else frame.iloc[:, kept]
    return FileTable(frame, tuple(_notes(written, names, writings)), writings, gaps)


def _is_no_column(frame: pd.DataFrame, place: int, written: Dialect) -> bool:
    """Tell whether a column is none: separators at the ends of the lines make an empty one without a name."""
    return not written.names[place] and bool(frame.iloc[:, place].isna().all())


def _notes(written: Dialect, names: Sequence[str], writings: Mapping[str, Writing]) -> Iterator[str]:
    if not written.has_names:
        yield f"its first line holds values, not names: its columns are named {names[0]!r} to {names[-1]!r}"
    for name, writing in writings.items():
        if unit := writing.before or writing.after:
            yield f"the column {name!r} holds numbers with {unit!r}: read without"


def _beginning(file: IO[str], where: str) -> str:
    """Read some lines; of a table with very many columns more characters. Raises WrongValue for a line without end."""
    text = file.read(_SAMPLE)
    if len(text) == _SAMPLE and len(text.splitlines()) < _LINES:
        text += file.read(_LONGEST_LINE)
        if len(text.splitlines()) < 2:
            raise WrongValue(
                f"{where}: can't be read as CSV: its first line has more than {_LONGEST_LINE:,} characters; a table "
                "has a line for each row"
            )
    return text if len(text) < _SAMPLE else text[: text.rfind("\n") + 1] or text


def _read_numbers(frame: pd.DataFrame, file: TableFile, written: Dialect) -> dict[int, Writing]:
    """Turn columns of text that hold numbers into numbers, in place, but for those with texts for missing ones.

    Return, by their places, how those are written that are not written plainly.
    """
    decimal_comma = written.separator == ";" and numerals.has_decimal_commas(frame)
    if decimal_comma:
        _reread_grouped(frame, file, written)
    writings = {}
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if types.is_string_dtype(column.dtype) and (writing := numerals.writing_of(column, decimal_comma)):
            if not writing.missing:
                frame.isetitem(place, writing.read(column))
            if writing.as_dict():
                writings[place] = writing
        elif decimal_comma and types.is_numeric_dtype(column.dtype):
            writings[place] = Writing(decimal_comma)
    return writings


def _restore_classes(frame: pd.DataFrame, place: int, file: TableFile, written: Dialect) -> dict[str, int]:
    """Give a target of text the classes back that pandas takes for missing values: `None`, `NA`.

    Return how often which text stands in its missing cells.
    """
    column = frame.iloc[:, place]
    if not column.isna().any():
        return {}
    options = {"usecols": [place], "dtype": str, "keep_default_na": False, "na_values": [""]}
    texts = _read(file, written, **options).iloc[:, 0]
    if types.is_string_dtype(column.dtype) and numerals.writing_of(column, written.separator == ";") is None:
        counts = texts.value_counts()
        classes = [text for text in _CLASSES if counts.get(text, 0) > 1]  # one alone is a gap
        frame.isetitem(place, column.mask(texts.isin(classes), texts))
    return dict(Counter(texts[frame.iloc[:, place].isna()].fillna("")))


def _read(file: TableFile, written: Dialect, **options: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see _reread_as_text
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a line with more fields would lose them
        return pd.read_csv(
            file.path,
            sep=r"\s+" if written.separator == BLANKS else written.separator,
            header=0 if written.has_names else None,
            names=cast(Any, range(len(written.names))),
            skiprows=written.above,
            index_col=False,
            encoding=file.encoding,
            compression=cast(Any, file.compression),
            comment=END if written.has_end else None,
            skipinitialspace=True,
            **options,
        )


def _strip_end(frame: pd.DataFrame) -> None:
    """Strip the mark that ends a file where it stands in quotes: there it has been read as text."""
    for place, value in enumerate(frame.iloc[-1] if len(frame) else ()):
        if isinstance(value, str) and value.endswith(END):
            column = frame.iloc[:, place].copy()
            column.iloc[-1] = value.rstrip(END) or None
            frame.isetitem(place, column)


def _reread_as_text(frame: pd.DataFrame, file: TableFile, written: Dialect) -> None:
    """Read columns of mixed types again as text: pandas guesses a type for each piece of a long file."""
    mixed = [position for position, kind in enumerate(frame.dtypes) if types.is_object_dtype(kind)]
    booleans = [p for p in mixed if types.infer_dtype(frame.iloc[:, p], skipna=True) == "boolean"]
    for position in booleans:
        frame.isetitem(position, frame.iloc[:, position].astype("boolean"))
    _reread(frame, [p for p in mixed if p not in booleans], file, written)


def _reread_grouped(frame: pd.DataFrame, file: TableFile, written: Dialect) -> None:
    """Read columns such as 1.234 again, for a file with decimal commas: pandas took the point for a decimal one."""
    floats = [position for position, kind in enumerate(frame.dtypes) if types.is_float_dtype(kind)]
    before = frame.iloc[:, floats].copy()
    _reread(frame, floats, file, written)
    for number, position in enumerate(floats):
        if numerals.writing_of(frame.iloc[:, position], True) is None:
            frame.isetitem(position, before.iloc[:, number])


def _reread(frame: pd.DataFrame, positions: list[int], file: TableFile, written: Dialect) -> None:
    if positions:
        text = _read(file, written, usecols=positions, dtype=str)
        for number, position in enumerate(positions):
            frame.isetitem(position, text.iloc[:, number])
