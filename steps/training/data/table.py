"""A CSV or Parquet file, told apart by its content -> a table whose columns a pipeline can take."""

import decimal
import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.data import csv_file, no_table, table_file
from steps.training.data.csv_file import FileTable
from steps.training.shipped.table_rows import LINE_END

_PARQUET = b"PAR1"
_HEAD = 512
_BUFFER = 1024 * 1024


def read(path: Path, where: str, target_of: Callable[[Sequence[str]], str | None]) -> FileTable:
    """Read a table from a CSV or Parquet file, packed or not; see `csv_file.read`.

    The columns' names are text and differ. Their types are for `usable` to mend.
    Raises WrongValue, beginning with `where`, for a file that can't be used.
    """
    file = table_file.find(path, where)
    if file.content(4) == _PARQUET:
        read = FileTable(_parquet(path if file.compression is None else io.BytesIO(file.content()), where))
    elif problem := no_table.by_bytes(file.content(_HEAD)):
        raise WrongValue(f"{where}: {problem}")
    else:
        read = csv_file.read(file, target_of)
    read.frame.columns = pd.Index([LINE_END.sub(" ", str(name)) for name in read.frame.columns])
    _check_names(list(read.frame), where)
    return read


def _parquet(source: Any, where: str) -> pd.DataFrame:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER) as file:
            schema = file.schema_arrow
            _check_names(schema.names, where)
            # Column by column: all at once would take up to three times the table's memory. One thread: this process
            # may fork later.
            columns = {name: file.read(columns=[name], use_threads=False)[name] for name in schema.names}
        read = pyarrow.table(columns).replace_schema_metadata(schema.metadata)
        del columns
        # Each column is freed as soon as it is converted, if it has to be.
        frame = read.to_pandas(use_threads=False, split_blocks=True, self_destruct=True)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise WrongValue(f"{where}: can't be read as Parquet: {str(error).splitlines()[0]}") from error
    except (LookupError, TypeError, AttributeError) as error:  # of what pandas notes in such a file
        raise WrongValue(f"{where}: can't be read as Parquet: what pandas noted in it is broken: {error!r}") from error
    if frame.empty:
        raise WrongValue(f"{where}: has no rows or no columns")
    if not isinstance(frame.index, pd.RangeIndex):  # it holds data of its own
        frame = frame.reset_index()
    return frame


def _check_names(names: Sequence[str], where: str) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise WrongValue(f"{where}: has columns of the same name, {', '.join(map(repr, twice))}; rename them")


def usable(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Give every column a type that pipelines take, in place: numbers, booleans, text, categories or times.

    Raises WrongValue, naming all columns that can't have one.
    """
    problems = []
    for name in frame.columns:
        try:
            column = _converted(frame[name])
        except (TypeError, ValueError):
            kind = type(frame[name].dropna().iloc[0]).__name__
            problems.append(
                f"{where}: the column {name!r} holds values of type {kind}; leave it out with "
                f"{option('drop', str(name))}"
            )
            continue
        if column is not frame[name]:
            frame[name] = column
    if problems:
        raise WrongValue(*problems)
    return frame


def _converted(column: "pd.Series[Any]") -> "pd.Series[Any]":
    kind = column.dtype
    if types.is_timedelta64_dtype(kind):
        return column.dt.total_seconds()
    if isinstance(kind, pd.BooleanDtype) or not types.is_extension_array_dtype(kind):
        if types.is_complex_dtype(kind):
            raise TypeError
        if kind == "uint64" and column.max() >= 2**63:
            return column.astype("float64")  # MLflow's schemas have no such integers
        return _from_objects(column) if types.is_object_dtype(kind) else column
    if types.is_numeric_dtype(kind):  # pandas' own nullable numbers
        return column.astype("float64") if column.isna().any() else column.astype(kind.numpy_dtype)
    if isinstance(kind, pd.StringDtype | pd.CategoricalDtype | pd.DatetimeTZDtype):
        return column
    raise TypeError


def _from_objects(column: "pd.Series[Any]") -> "pd.Series[Any]":
    kind = types.infer_dtype(column, skipna=True)
    if kind in ("string", "empty"):
        return column.astype("str")
    if kind == "boolean":
        return column.astype("boolean" if column.isna().any() else "bool")
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return column.map(float, na_action="ignore").astype("float64")
    if kind in ("date", "datetime", "datetime64"):
        return pd.to_datetime(column)
    if all(isinstance(value, str | int | float | decimal.Decimal | np.generic) for value in column.dropna()):
        return column.map(str, na_action="ignore").astype("str")
    raise TypeError
