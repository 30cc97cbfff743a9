"""pandas' reader for a CSV file whose form is known: its whole table, or some columns of it as text."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pandas as pd
from pandas.api import types

from steps.training.data import no_rows
from steps.training.data.dialect import BLANKS, END, Dialect
from steps.training.data.table_file import TableFile
from steps.training.shipped.table_rows import NULLS


class CsvReader:
    """Reads the columns of a file, by their places, and the same rows each time.

    `notes` says which lines were left out, as they are no rows. All raise what pandas' reader raises, among it
    ParserWarning for a line of more fields than there are names.
    """

    def __init__(self, file: TableFile, written: Dialect):
        self._file, self._written = file, written
        self._rows: pd.Series[bool] | None = None
        self.notes: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return the whole table, each column of one type."""
        frame = self._read()
        if any(str(value).endswith(END) for value in frame.tail(1).to_numpy().flat):
            self._written = replace(self._written, has_end=True)
            frame = self._read()
            _strip_end(frame)
        # pandas guesses a type for each piece of a long file.
        mixed = [position for position, kind in enumerate(frame.dtypes) if types.is_object_dtype(kind)]
        booleans = [p for p in mixed if types.infer_dtype(frame.iloc[:, p], skipna=True) == "boolean"]
        for position in booleans:
            frame.isetitem(position, frame.iloc[:, position].astype("boolean"))
        self.read_again(frame, [p for p in mixed if p not in booleans])
        self._rows, self.notes = no_rows.rows(frame, self._written.names)
        return frame if self._rows is None else no_rows.without(frame, self._rows)

    def read_again(self, frame: pd.DataFrame, positions: Sequence[int]) -> None:
        """Put columns as text in the place of what they were read as."""
        if positions:
            text = self.texts(positions)
            for number, position in enumerate(positions):
                frame.isetitem(position, text.iloc[:, number])

    def texts(self, positions: Sequence[int], **options: Any) -> pd.DataFrame:
        """Return columns as text; `options` are those of `pandas.read_csv`."""
        frame = self._read(usecols=positions, dtype=str, **options)
        return frame if self._rows is None else frame[self._rows].reset_index(drop=True)

    def _read(self, **options: Any) -> pd.DataFrame:
        written = self._written
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see `table`
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a line with more fields would lose them
            return pd.read_csv(
                self._file.path,
                sep=r"\s+" if written.separator == BLANKS else written.separator,
                header=0 if written.has_names else None,
                names=cast(Any, range(len(written.names))),
                skiprows=written.above,
                index_col=False,
                encoding=self._file.encoding,
                compression=cast(Any, self._file.compression),
                comment=END if written.has_end else None,
                skipinitialspace=True,
                quotechar=written.quote,
                **{"na_values": list(NULLS), **options},
            )


def _strip_end(frame: pd.DataFrame) -> None:
    """Strip the mark that ends a file where it stands in quotes: there it has been read as text."""
    for place, value in enumerate(frame.iloc[-1] if len(frame) else ()):
        if isinstance(value, str) and value.endswith(END):
            column = frame.iloc[:, place].copy()
            column.iloc[-1] = value.rstrip(END) or None
            frame.isetitem(place, column)
