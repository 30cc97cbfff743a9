import pandas as pd
import pytest

from steps.training.data import csv_file, table_file

# Each row: a file, what its first column holds, and what the one note begins with.
FILES = {
    "units": ("a,b,c\n[mm],kg,-\n1,2.5,x\n3,4.5,y\n", [1, 3], "below the names a line of units"),
    "a column without a unit": ("a,b,c\nmm,,kg\n1,2,5\n3,4,6\n", [1, 3], "below the names a line of units"),
    "units and decimal commas": ("a;b\nmm;kg\n1,5;2\n3;4,5\n", [1.5, 3.0], "below the names a line of units"),
    "a survey": (
        'a,b\n"How\nold?","How, long?"\n"{""ImportId"":""Q1""}","{""ImportId"":""Q2""}"\n1,2\n3,4\n5,6\n',
        [1, 3, 5],
        "below the names 2 lines of units or descriptions (How old?, How, long?): left out",
    ),
    "a ruled table": ("| a | b |\n|---|---|\n| 1 | x |\n| 3 | y |\n", [1, 3], None),
    "a total": ("a,b,c\n1,x,2.5\n3,y,4.5\n,Total,7\n", [1.0, 3.0], "its last line is of a 'Total': left out"),
    "a total among numbers": (
        "a,b\n1,2.5\n3,4.5\nGrand total,7\n",
        [1, 3],
        "its last line is of a 'Grand total': left",
    ),
    "files put together": ("a,b\n1,x\na,b\n3,y\na,b\n5,z\n", [1, 3, 5], "its names stand again in 2 lines below"),
    "files of true and false": ("a,b\nTrue,x\na,b\nFalse,y\n", [True, False], "its names stand again in a line"),
    "true, false and a gap": ("a,b\nTrue,x\na,b\n,y\nFalse,z\n", [True, None, False], "its names stand again"),
}
# Files of which every line is a row.
ROWS = {
    "marks in the first row": ("a,b,c\nunknown,-,x\n1,2,y\n3,4,z\n", ["unknown", "1", "3"]),
    "a text in the one column of numbers": ("a,b\nbad,x\n1,y\n3,z\n", ["bad", "1", "3"]),
    "gaps in the first row": ("a,b,c\n,,x\n1,2,y\n3,4,z\n", [None, 1.0, 3.0]),
    "texts": ("a,b\nx,y\np,q\n", ["x", "p"]),
    "one of the names": ("a,b,c\na,x,1\np,b,2\n", ["a", "p"]),
    "a rule in one column": ("a,b\n---,x\n1,y\n3,z\n", ["---", "1", "3"]),
    "totals in many rows": ("a,b\nx,1\nTotal,2\ny,3\nTotal,4\n", ["x", "Total", "y", "Total"]),
    "a word with a total in it": ("a,b\nx,1\ny,3\ntotal loss,4\n", ["x", "y", "total loss"]),
    "two rows": ("a,b\nx,y\n1,2\n", ["x", "1"]),
}


def read(path, text):
    path.write_text(text, newline="")
    return csv_file.read(table_file.find(path, "--data 'x.csv'"), lambda names: names[-1])


def cells(frame):
    return [None if pd.isna(value) else value for value in frame.iloc[:, 0].astype(object)]


@pytest.mark.parametrize(("text", "first", "note"), FILES.values(), ids=FILES)
def test_lines_that_are_no_rows_are_left_out_and_told(tmp_path, text, first, note):
    """Units, descriptions and names that come again do not make a column of numbers one of texts."""
    table = read(tmp_path / "x.csv", text)
    assert repr(cells(table.frame)) == repr(first)
    assert len(table.notes) == 1
    assert table.notes[0].startswith(note or "below the names a line of units or descriptions (---, ---")


@pytest.mark.parametrize(("text", "first"), ROWS.values(), ids=ROWS)
def test_a_row_is_a_row(tmp_path, text, first):
    """What may be a value stays, and nothing is said."""
    table = read(tmp_path / "x.csv", text)
    assert repr(cells(table.frame)) == repr(first)
    assert not table.notes


def test_what_is_read_again_has_the_same_rows(tmp_path):
    """A target's classes that look like gaps, and numbers with a decimal comma, are found in their own rows."""
    more = "".join(f"{number},5;{number};y\n" for number in range(20))
    table = read(tmp_path / "x.csv", f"a;c;b\nmm;kg;\n1,5;1;NA\na;c;b\n2,5;2;x\n3,5;3;NA\n4,5;4;\n{more}")
    assert table.frame["b"].fillna("").tolist()[:5] == ["NA", "x", "NA", "", "y"]
    assert table.frame["a"].tolist()[:5] == [1.5, 2.5, 3.5, 4.5, 0.5]
    assert table.gaps == {"": 1}
