"""A CSV file as people have them -> a table."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

import pandas as pd

from steps.errors import WrongValue
from steps.training.data import csv_numbers, dialect
from steps.training.data.csv_reader import CsvReader
from steps.training.data.dialect import Dialect
from steps.training.data.numerals import Writing
from steps.training.data.table_file import UNREADABLE, TableFile

# How many characters are read to tell how a file is written.
_SAMPLE = 256 * 1024
# If these are fewer lines, more is read: as much as the names of 200,000 columns.
_LINES, _LONGEST_LINE = 3, 4 * 1024 * 1024
_TOO_MANY = re.compile(r"Expected (?P<names>\d+) fields in line (?P<line>\d+), saw (?P<there>\d+)")
_OPEN = re.compile(r"EOF inside string starting at row (?P<row>\d+)")
_WESTERN_NOTE = "it is not in UTF-8 and is read as Windows-1252; if its texts look wrong, save it as UTF-8"


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

    Separators are `,`, `;`, tab, `|` and, if there is none of these, blanks and some rare ones. Numbers may have
    thousands separators, a unit, and a decimal comma. `target_of` picks the target from the columns' names.
    Raises WrongValue, which begins with the file's `where`, if it can't be used.
    """
    try:
        return _read_table(file, target_of)
    except UnicodeDecodeError as error:
        western = file.western()
        if western is None:
            if file.is_binary():
                raise WrongValue(
                    f"{file.where}: is not text in UTF-8, nor Parquet: it holds bytes that no text has; save its table "
                    "as CSV"
                ) from error
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
        reader = CsvReader(file, written)
        frame = reader.table()
    except pd.errors.EmptyDataError as error:
        raise WrongValue(f"{where}: is empty") from error
    except pd.errors.ParserWarning as error:
        raise WrongValue(
            f"{where}: has lines of more fields than its first line, which names {len(written.names)} columns; name "
            "them all, or put text with a separator in double quotes"
        ) from error
    except (pd.errors.ParserError, csv.Error, *UNREADABLE) as error:
        raise WrongValue(f"{where}: can't be read as CSV: {_said(error)}") from error
    if frame.empty:
        raise WrongValue(f"{where}: has only its first line, the columns' names; there must be rows")
    names = [name or f"Unnamed: {place}" for place, name in enumerate(written.names)]
    target = target_of([name for place, name in enumerate(names) if not _is_no_column(frame, place, written)])
    gaps = csv_numbers.restore_classes(frame, names.index(target), reader) if target in names else {}
    decimal_comma = csv_numbers.has_decimal_commas(frame, reader, written.separator)
    numbers = csv_numbers.read(frame, reader, decimal_comma)
    writings = {names[place]: writing for place, writing in numbers.writings.items()}
    said = list(reader.notes)
    if decimal_comma and written.separator != ";":
        said.append("its numbers have a decimal comma")
    if numbers.in_parentheses:
        shown = ", ".join(repr(names[place]) for place in numbers.in_parentheses)
        said.append(f"numbers in parentheses, in {shown}, are read as negative")
    frame.columns = pd.Index(names)
    kept = [place for place in range(len(names)) if not _is_no_column(frame, place, written)]
    frame = frame if len(kept) == len(names) else frame.iloc[:, kept]
    return FileTable(frame, (*_notes(written, names, writings), *said), writings, gaps)


def _said(error: Exception) -> str:
    """Say what pandas' reader says in words for whoever has the file."""
    text = " ".join(str(error).split())
    if found := _TOO_MANY.search(text):
        return (
            f"line {found['line']} has {found['there']} fields, and there are {found['names']} columns; put text with "
            "a separator in double quotes"
        )
    if found := _OPEN.search(text):
        return f"the double quote that begins a text in line {int(found['row']) + 1} is not closed"
    return text


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
