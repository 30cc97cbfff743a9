import datetime
import decimal
import gzip
import hashlib
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steps.errors import WrongValue
from steps.parameters.settings import DATA_SETS
from steps.training.data import load

ROWS = 6
# A column of each kind that Parquet files have, and the type that it gets.
KINDS = {
    "whole": (range(ROWS), "int64"),
    "small": (pd.array(range(ROWS), dtype="float32"), "float32"),
    "text": (list("abc") * 2, "str"),
    "gaps": (["a", None] * 3, "str"),
    "boolean": ([True, False] * 3, "bool"),
    "boolean and gaps": ([True, None, False] * 2, "boolean"),
    "nullable": (pd.array([1, None, 3] * 2, dtype="Int64"), "float64"),
    "nullable without gaps": (pd.array([1, 2, 3] * 2, dtype="Int64"), "int64"),
    "category": (pd.Categorical(list("xyz") * 2), "category"),
    "date": ([datetime.date(2026, 1, day + 1) for day in range(ROWS)], "datetime64[s]"),
    "time": (pd.date_range("2026", periods=ROWS), "datetime64[us]"),
    "time in a zone": (pd.date_range("2026", periods=ROWS, tz="UTC"), "datetime64[us, UTC]"),
    "duration": (pd.to_timedelta(range(ROWS), unit="h"), "float64"),
    "decimal": ([decimal.Decimal("1.5"), None] * 3, "float64"),
}


def problem_of(path):
    with pytest.raises(WrongValue) as caught:
        load.load(str(path))
    (problem,) = caught.value.problems
    assert "\n" not in problem
    assert str(path) in problem
    return problem


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_set_that_scikit_learn_ships_has_its_target_and_digest(name):
    """Its name is enough; its digest is of the frame, and differs from set to set."""
    table = load.load(name)
    assert (table.name, table.target, table.source) == (name, "target", f"sklearn.datasets.load_{name}")
    assert table.target in table.frame
    assert table.sha256 == load.load(name).sha256
    assert table.sha256 not in {load.load(other).sha256 for other in DATA_SETS if other != name}


def test_a_parquet_file_gives_columns_that_a_pipeline_takes(tmp_path):
    """Each kind of column has a type that skrub knows, gaps stay gaps, and gzip changes nothing."""
    path = tmp_path / "it's a table.parquet"
    pd.DataFrame({name: values for name, (values, _) in KINDS.items()}).to_parquet(path)
    table = load.load(str(path))
    assert {name: str(kind) for name, kind in table.frame.dtypes.items()} == {n: kind for n, (_, kind) in KINDS.items()}
    assert table.frame["nullable"].isna().sum() == 2
    assert table.frame["duration"].tolist() == [hour * 3600.0 for hour in range(ROWS)]
    assert (table.name, table.target, table.source) == (path.name, None, str(path))
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    zipped = tmp_path / "table"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    pd.testing.assert_frame_equal(load.load(str(zipped)).frame, table.frame)


def test_columns_that_no_pipeline_takes_are_named_and_can_be_left_out(tmp_path):
    """Lists and bytes are told all at once, with the way out; it works."""
    path = tmp_path / "x.parquet"
    pd.DataFrame({"a": [1, 2], "list": [[1], [2]], "raw": [b"x", b"y"], "b": [0, 1]}).to_parquet(path)
    with pytest.raises(WrongValue) as caught:
        load.load(str(path))
    first, second = caught.value.problems
    assert "'list' holds values of type ndarray; leave it out with --drop 'list'" in first
    assert "'raw' holds values of type bytes; leave it out with --drop 'raw'" in second
    table = load.load(str(path), ("list", "raw", "no such"))
    assert list(table.frame) == ["a", "b"]
    assert table.columns == ("a", "list", "raw", "b")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("cut.parquet", b"PAR1 and no end", "can't be read as Parquet"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:30], "can't be read as"),
        ("no.csv.gz", b"\x1f\x8bno gzip", "can't be read as gzip: "),
        ("no.csv.xz", b"\xfd7zXZ\x00no", "can't be read as xz: "),
        ("no.csv.bz2", b"BZhno", "can't be read as bz2: Invalid data stream"),
        ("nothing.csv", b"", "is empty"),
        ("picture.csv", b"a,b\n\xe9,\0\n", "is not text in UTF-8"),
    ],
)
def test_a_file_that_can_t_be_read_is_one_problem(tmp_path, name, content, part):
    """Whatever is in a file, there is one line that names it."""
    (tmp_path / name).write_bytes(content)
    assert part in problem_of(tmp_path / name)


def test_a_parquet_file_with_broken_notes_of_pandas_is_one_problem(tmp_path):
    """One line names the file."""
    written = pa.Table.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    notes = (written.schema.metadata or {})[b"pandas"].replace(b'"kind"', b'"kin?"')
    pq.write_table(written.replace_schema_metadata({b"pandas": notes}), tmp_path / "x.parquet")
    assert "can't be read as Parquet: what pandas noted in it is broken" in problem_of(tmp_path / "x.parquet")


def test_a_workbook_is_no_table(tmp_path):
    """What people take for a table is told apart."""
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("sheet.xml", "<xml/>")
    assert "save its table as CSV" in problem_of(path)


def test_a_path_that_leads_nowhere_says_where_it_was_looked_for(tmp_path, monkeypatch):
    """A relative one names the folder and asks for an absolute one; a near set's name is proposed."""
    monkeypatch.chdir(tmp_path)
    relative = problem_of("tables/x.csv")
    assert f"there is no such file in {tmp_path}" in relative
    assert "its clone" in relative
    assert "give an absolute path" in relative
    assert "(did you mean 'iris'?)" in problem_of("irs")
    assert problem_of("/no/such.csv").endswith("there is no such file")
    assert "is a folder" in problem_of(tmp_path)


def test_a_path_may_begin_at_home_or_be_a_file_uri(tmp_path, monkeypatch):
    """`~` and `file://` are understood."""
    (tmp_path / "a b.csv").write_bytes(b"a,b\n1,2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("~/a b.csv", f"file://{tmp_path}/a%20b.csv"):
        assert load.load(name).source == str(tmp_path / "a b.csv")
