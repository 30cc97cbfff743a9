"""A data set by name, path or URI: its table, its target if it names one, and its source."""

import hashlib
import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.parameters.settings import DATA_SETS
from steps.project import paths
from steps.project.secrets import scheme
from steps.training.data import remote, table
from steps.training.data.numerals import Writing


@dataclass(frozen=True)
class Table:
    """A data set: one row per example, the target among the columns.

    `columns` are the names of all its columns; `frame` lacks those that were to be left out.
    `target` is the column to predict if the set itself names one, as shipped sets do, else None. `source` is the
    absolute path, the URI or scikit-learn's function; `sha256` is of the file's bytes, or of a shipped set's frame.
    `notes` are for the user; `writings` and `gaps` are those of `csv_file.FileTable`.
    """

    name: str
    columns: tuple[str, ...]
    frame: pd.DataFrame
    target: str | None
    source: str
    sha256: str
    notes: tuple[str, ...] = ()
    writings: Mapping[str, Writing] = field(default_factory=dict)
    gaps: Mapping[str, int] = field(default_factory=dict)


TargetOf = Callable[[Sequence[str]], str | None]


def load(data: str, without: Collection[str] = (), target_of: TargetOf = lambda _: None) -> Table:
    """Read a set that scikit-learn ships (its `load_<name>`, the target in the column `target`), else a file.

    Columns named in `without` are left out; it may name others. `target_of` picks a file's target from its columns.
    Raises WrongValue, naming the file, if it can't be used.
    """
    if data in DATA_SETS:
        return _shipped(data, without)
    kind = scheme(data)
    if kind == "file":
        data = unquote(urlsplit(data).path)
    elif kind is not None:
        with remote.copy_of(data) as path:
            name = unquote(urlsplit(data).path).rpartition("/")[2] or data
            return _from_file(path, data, without, target_of, name=name, source=data)
    path = paths.absolute(data)
    if not paths.is_file(path):
        raise WrongValue(_not_there(data, path))
    return _from_file(path, data, without, target_of, name=path.name, source=str(path))


def _shipped(name: str, without: Collection[str]) -> Table:
    # Imported here: `sklearn.datasets` takes 0.2 s, and a table from a file does not need it.
    loader = getattr(importlib.import_module("sklearn.datasets"), f"load_{name}")
    frame = loader(as_frame=True).frame
    digest = _sha256(frame)
    kept = frame.drop(columns=[column for column in frame if column in without])
    return Table(name, tuple(frame), kept, "target", f"sklearn.datasets.load_{name}", digest)


def _from_file(
    path: Path, data: str, without: Collection[str], target_of: TargetOf, *, name: str, source: str
) -> Table:
    where = option("data", data)
    read = table.read(path, where, target_of)
    columns = tuple(read.frame)
    frame = table.usable(read.frame.drop(columns=[column for column in columns if column in without]), where)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    notes = tuple(f"{where}: {note}" for note in read.notes)
    return Table(name, columns, frame, None, source, digest, notes, read.writings, read.gaps)


def _sha256(frame: pd.DataFrame) -> str:
    """Hash a frame of numbers: its columns' names, its types, its values, column by column."""
    digest = hashlib.sha256()
    for name, column in frame.items():
        digest.update(f"{name}\0{column.dtype}\0".encode())
        digest.update(np.ascontiguousarray(column.to_numpy()).tobytes())
    return digest.hexdigest()


def _not_there(data: str, path: Path) -> str:
    if paths.is_folder(path):
        return f"{option('data', data)}: is a folder; name a CSV or Parquet file"
    if data.startswith(("/", "~")):
        return f"{option('data', data)}: there is no such file"
    sets = "" if "/" in data else f", nor has scikit-learn such a set{did_you_mean(data, DATA_SETS)}"
    looked = " or ".join(map(str, paths.folders_of_user()))
    return (
        f"{option('data', data)}: there is no such file in {looked}, the folder of this project (run from a Git "
        f"URL: its clone){sets}; give an absolute path"
    )
