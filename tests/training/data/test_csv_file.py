import gzip

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from steps.errors import WrongValue
from steps.training.data import csv_file, numerals

NAN = float("nan")
# Each row: a file, and its table's columns by name.
READ = {
    "commas": ("a,b\n1,x\n3,y\n", {"a": [1, 3], "b": ["x", "y"]}),
    "a BOM and Windows' line ends": ("\ufeffa,b\r\n1,x\r\n3,y\r\n", {"a": [1, 3], "b": ["x", "y"]}),
    "semicolons and decimal commas": ("a;b\n1,5;2\n3,25;4\n", {"a": [1.5, 3.25], "b": [2, 4]}),
    "semicolons and decimal points": ("a;b\n1.5;2\n2.25;3\n", {"a": [1.5, 2.25], "b": [2, 3]}),
    "points between thousands": ("a;b\n1,5;1.234\n-3,25;4.000\n", {"a": [1.5, -3.25], "b": [1234, 4000]}),
    "tabs": ("a\tb\n1\tx, y\n", {"a": [1], "b": ["x, y"]}),
    "bars": ("a|b, c\n1|x, y\n2|z\n", {"a": [1, 2], "b, c": ["x, y", "z"]}),
    "commas between thousands": ('a,b\n"1,234.5",x\n"12",y\n', {"a": [1234.5, 12.0], "b": ["x", "y"]}),
    "whole thousands": ('a,b\n"1,234",x\n"12",y\n', {"a": [1234, 12], "b": ["x", "y"]}),
    "thousands and a gap": ('a,b\n"1,234",x\n,y\n', {"a": [1234.0, NAN], "b": ["x", "y"]}),
    "no numbers": ('a,b\n"1,2",x\n"3,4",y\n', {"a": ["1,2", "3,4"], "b": ["x", "y"]}),
    "other separators in quotes": ('a,b\n"x;y;z",2\n"p;q;r",3\n', {"a": ["x;y;z", "p;q;r"], "b": [2, 3]}),
    "blanks around": (" a , b\n1, x\n2, y\n", {"a": [1, 2], "b": ["x", "y"]}),
    "empty lines": ("\n\na,b\n1,2\n\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    "booleans": ("a,b\nTrue,1\nFalse,2\n", {"a": [True, False], "b": [1, 2]}),
    "booleans and a gap": ("a,b\nTrue,1\n,2\nFalse,3\n", {"a": [True, None, False], "b": [1, 2, 3]}),
    "one column": ("a\n1\n2\n", {"a": [1, 2]}),
    "an index from 0": (",a\n0,5\n1,6\n", {"a": [5, 6]}),
    "an index from 1": (",a\n1,5\n2,6\n", {"a": [5, 6]}),
    "an index written twice": ("Unnamed: 0,a\n0,5\n1,6\n", {"a": [5, 6]}),
    "R's row numbers": ("a,b\n1,5,x\n2,6,y\n", {"a": [5, 6], "b": ["x", "y"]}),
    "R's row names": ("a,b\nm,5,x\nn,6,y\n", {"Unnamed: 0": ["m", "n"], "a": [5, 6], "b": ["x", "y"]}),
    "no index": (",a\n7,5\n2,6\n", {"Unnamed: 0": [7, 2], "a": [5, 6]}),
    "separators at the ends": ("a,b\n5,x,\n6,y,\n", {"a": [5, 6], "b": ["x", "y"]}),
    "separators at all ends": ("a,b,\n5,x,\n6,y,\n", {"a": [5, 6], "b": ["x", "y"]}),
    "numbers for names": ("0,1\n4.9,3.0\n", {"0": [4.9], "1": [3.0]}),
    "short lines": ("a,b\n1\n2,3\n", {"a": [1, 2], "b": [NAN, 3.0]}),
}
# Each row: a file, and what the one problem says.
REFUSED = {
    "nothing": (b"", "is empty"),
    "empty lines": (b"\n \n", "is empty"),
    "a first line alone": (b"a,b\n", "has only its first line"),
    "a first line without an end": (b"a,b", "has only its first line"),
    "two of a name": (b"a,b,a\n1,2,3\n", "has columns of the same name, 'a'"),
    "another encoding": (b"a,b\n1,\xe9\n", "is no text in UTF-8"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is no text in UTF-8"),
    "more fields than names": (b"a,b\n1,2\n1,2\n1,2,3\n", "Expected 2 fields in line 4, saw 3"),
    "an open quote": (b'a,b\n"1,2\n', "can't be read as CSV"),
    "no names": (b"5.1,3.5,setosa\n4.9,3.0,setosa\n".replace(b",setosa", b""), "its first line holds numbers"),
}


def read(path, content, compression=None):
    path.write_bytes(content)
    return csv_file.read(path, "--data 'x.csv'", compression)


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_a_file_as_people_have_it_is_read(tmp_path, text, expected):
    """Separators, numbers, gaps, names and ends of lines are understood."""
    frame, notes = read(tmp_path / "x.csv", text.encode())
    assert list(frame) == list(expected)
    for name, values in expected.items():
        cells = [None if value is pd.NA else value for value in frame[name].tolist()]
        assert repr(cells) == repr(values), name
    counted = not expected.keys() & {"Unnamed: 0"} and text.lstrip().startswith((",", "Unnamed", "a,b\n1,5,x"))
    assert len(notes) == counted


@pytest.mark.parametrize(("content", "part"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_can_t_be_used_is_one_problem(tmp_path, content, part):
    """The problem names the file and says what is wrong, on one line."""
    with pytest.raises(WrongValue) as caught:
        read(tmp_path / "x.csv", content)
    (problem,) = caught.value.problems
    assert problem.startswith("--data 'x.csv': ")
    assert part in problem
    assert "\n" not in problem


def test_a_gzipped_file_is_the_same_table(tmp_path):
    """Compression changes nothing."""
    frame, _ = read(tmp_path / "x.csv", gzip.compress(b"\xef\xbb\xbfa,b\n1,x\n"), "gzip")
    assert frame.to_dict("list") == {"a": [1], "b": ["x"]}


@pytest.mark.e2e
def test_a_column_that_turns_to_text_late_is_text_from_its_first_row(tmp_path):
    """A long file is read piece by piece; a column is of one type all the same."""
    rows = 600_000
    frame, _ = read(tmp_path / "x.csv", b"a,b\n" + b"1,2\n" * rows + b"x,3\n")
    assert frame["a"].iloc[[0, -1]].tolist() == ["1", "x"]
    assert frame["b"].dtype == "int64"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@hypothesis_settings(deadline=None, max_examples=50)
def test_numbers_keep_their_last_bit(tmp_path_factory, values):
    """What was written in full is read as the same numbers."""
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    frame, _ = read(path, ("x,y\n" + "".join(f"{value!r},z\n" for value in values)).encode())
    assert [float(value) for value in frame["x"]] == values


@given(st.lists(st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12).map(lambda x: round(x, 2)), min_size=2))
@hypothesis_settings(deadline=None, max_examples=50)
def test_thousands_separators_change_no_number(values):
    """A column with separators between its thousands is the column without; so with points and a decimal comma."""
    written = pd.Series([f"{value:,}" for value in values], dtype="str")
    swapped = written.str.translate(str.maketrans(",.", ".,"))
    for text, comma in ((written, False), (swapped, True)):
        numbers = numerals.parse(text, comma)
        assert numbers is not None
        assert numbers.tolist() == [float(value) for value in values]
