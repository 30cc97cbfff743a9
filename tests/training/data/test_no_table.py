import pickle
import sqlite3
import tarfile
from contextlib import closing

import numpy as np
import pandas as pd
import pytest

from steps.errors import WrongValue
from steps.training.data import no_table, table

FRAME = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 2]})


def saved(path, save):
    with path.open("wb") as file:
        save(file, FRAME.to_numpy())


def tables(path):
    with closing(sqlite3.connect(path)) as database:
        FRAME.to_sql("t", database)


def packed(path):
    (path.parent / "t.csv").write_text("a,b\n1,2\n")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(path.parent / "t.csv", "t.csv")


# Each row: how such a file is made, and what it is called.
WRITTEN = {
    "feather": (lambda path: FRAME.to_feather(path), "a Feather file; save its table as CSV"),
    "orc": (lambda path: FRAME.to_orc(path), "an ORC file; save its table as CSV"),
    "stata": (lambda path: FRAME.to_stata(path, version=118), "a file of Stata; save its table as CSV"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps(FRAME)), "a pickle; save its table as CSV"),
    "numpy": (lambda path: saved(path, np.save), "an array of NumPy; save its table as CSV"),
    "sqlite": (tables, "a database of SQLite; save its table as CSV"),
    "tar": (packed, "an archive; unpack it"),
    "zip": (lambda path: saved(path, np.savez), "a zip archive or a workbook; save its table as CSV"),
    "pdf": (lambda path: path.write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\n"), "a PDF file; save its table as CSV"),
}


@pytest.mark.parametrize(("write", "kind"), WRITTEN.values(), ids=WRITTEN)
def test_a_file_of_another_kind_is_called_by_its_name(tmp_path, write, kind):
    """It is refused in one sentence, whatever its own name is."""
    path = tmp_path / "x.csv"
    write(path)
    with pytest.raises(WrongValue, match=f"^x: is not a CSV or Parquet file but {kind}$"):
        table.read(path, "x", lambda _: None)


@pytest.mark.parametrize("name", ["ORC", "PK", "GIF8", "Rar!", "%PDF", "X", "größe GIF8"])
def test_a_text_may_begin_as_such_a_file_does(tmp_path, name):
    """It holds nothing that no text has."""
    path = tmp_path / "x.csv"
    path.write_text(f"{name},b\n1,2\n3,4\n", encoding="utf-8")
    assert list(table.read(path, "x", lambda _: None).frame) == [name, "b"]
    assert no_table.by_bytes(path.read_bytes()) is None
