import bz2
import gzip
import lzma

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from steps.errors import WrongValue
from steps.training.data import csv_file, numerals, table_file

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
    "R's row numbers": ("a,b\n1,5,x\n2,6,y\n", {"Unnamed: 0": [1, 2], "a": [5, 6], "b": ["x", "y"]}),
    "R's row names": ("a,b\nm,5,x\nn,6,y\n", {"Unnamed: 0": ["m", "n"], "a": [5, 6], "b": ["x", "y"]}),
    "a nameless column": (",a\n7,5\n2,6\n", {"Unnamed: 0": [7, 2], "a": [5, 6]}),
    "separators at the ends": ("a,b\n5,x,\n6,y,\n", {"a": [5, 6], "b": ["x", "y"]}),
    "separators at all ends": ("a,b,\n5,x,\n6,y,\n", {"a": [5, 6], "b": ["x", "y"]}),
    "numbers for names": ("0,1\n4.9,3.0\n", {"0": [4.9], "1": [3.0]}),
    "a separator at the end of the names alone": ("a,b,\n5,x\n6,y\n", {"a": [5, 6], "b": ["x", "y"]}),
    "a title and a separator at the end of the names": (
        "Series: x\n\nType of data:  rate\na,b,c,\n5,x,1\n6,y,2\n7,z,3\n",
        {"a": [5, 6, 7], "b": ["x", "y", "z"], "c": [1, 2, 3]},
    ),
    "the mark that ends a DOS file": ("a,b\r\n1,x\r\n2,y\r\n\x1a", {"a": [1, 2], "b": ["x", "y"]}),
    "DOS marks up to the end of a block": ("a b\n1 2.5\n\x1a\x1a\x1a\r\n", {"a": [1], "b": [2.5]}),
    "the mark behind the last line": ("a,b\n1,2\n3,4\x1a", {"a": [1, 3], "b": [2, 4]}),
    "the mark in one column": ("a\n1\n2\n\x1a", {"a": [1, 2]}),
    "the mark in quotes": ('a,b\n"1","2.5"\n"3","6.2\x1a"\n', {"a": [1, 3], "b": [2.5, 6.2]}),
    "the mark alone in quotes": ('a,b\n1,2.5\n3,"\x1a"\n', {"a": [1, 3], "b": [2.5, NAN]}),
    "the mark amid a text": ("a,b\nx\x1ay,1\nz,2\n", {"a": ["x\x1ay", "z"], "b": [1, 2]}),
    "short lines": ("a,b\n1\n2,3\n", {"a": [1, 2], "b": [NAN, 3.0]}),
    "runs of blanks": ("a    b\n1  x\n22 y\n", {"a": [1, 22], "b": ["x", "y"]}),
    "blanks before each line": ("  a  b\n  1  x\n 22  y\n", {"a": [1, 22], "b": ["x", "y"]}),
    "R's write.table": (
        '"a" "b c"\n"m" 5 "x y"\n"n" 6 "z"\n',
        {"Unnamed: 0": ["m", "n"], "a": [5, 6], "b c": ["x y", "z"]},
    ),
    "carets": ("a^b\n1^x, y\n2^z\n", {"a": [1, 2], "b": ["x, y", "z"]}),
    "tildes": ("a~b\n1~x\n2~z\n", {"a": [1, 2], "b": ["x", "z"]}),
    "names of several lines": ('"a\nb","c\n\nd"\n1,x\n2,y\n', {"a b": [1, 2], "c d": ["x", "y"]}),
    "a title above names of several lines": (
        'Results\n"a\nb",c,d\n1,2,x\n3,4,y\n',
        {"a b": [1, 3], "c": [2, 4], "d": ["x", "y"]},
    ),
    "an inch": ('a 5" pipe,b\n1,x\n2,y\n', {'a 5" pipe': [1, 2], "b": ["x", "y"]}),
    "colons": ("a:b\n1:John Smith\n2:Jane Doe\n", {"a": [1, 2], "b": ["John Smith", "Jane Doe"]}),
    "the separator of Hive": ("a\x01b\n1\x01x\n2\x01z\n", {"a": [1, 2], "b": ["x", "z"]}),
    "times among blanks": ("t v\n12:30 5\n12:31 6\n", {"t": ["12:30", "12:31"], "v": [5, 6]}),
    "single quotes": ("'a','b, c'\n'1','x, y'\n'2','z'\n", {"a": [1, 2], "b, c": ["x, y", "z"]}),
    "single quotes about some fields": ("a;b\n1;'x; y'\n2;'z'\n", {"a": [1, 2], "b": ["x; y", "z"]}),
    "apostrophes": ("a,b\n'til,1\nO'Neil,2\n", {"a": ["'til", "O'Neil"], "b": [1, 2]}),
    "a title with another separator": (
        "Sales, by region, of 2026\na;b;c\n1;2;x\n3;4;y\n",
        {"a": [1, 3], "b": [2, 4], "c": ["x", "y"]},
    ),
    "a title and texts with commas": (
        "Data, 2026\nname;age;y\n" + "Smith, John;5;x\nDoe, Jane;6;z\n" * 6,
        {"name": ["Smith, John", "Doe, Jane"] * 6, "age": [5, 6] * 6, "y": ["x", "z"] * 6},
    ),
    "texts with blanks": ("name\nJohn Smith\nJane Doe\n", {"name": ["John Smith", "Jane Doe"]}),
    "Excel's word on the separator": ("sep=;\na;b,c\n1;2\n3;4\n", {"a": [1, 3], "b,c": [2, 4]}),
    "a title": (
        "Results of 2026\n\na,b,c\n1,2,x\n3,4,y\n5,6,z\n",
        {"a": [1, 3, 5], "b": [2, 4, 6], "c": ["x", "y", "z"]},
    ),
    "a title in cells": (
        "Results,,\na,b,c\n1,2,x\n3,4,y\n5,6,z\n",
        {"a": [1, 3, 5], "b": [2, 4, 6], "c": ["x", "y", "z"]},
    ),
    "remarks": ("# from a survey, of 2026\n# (draft)\na,b\n1,x\n3,y\n", {"a": [1, 3], "b": ["x", "y"]}),
    "remarks of other languages": (
        "// one, two\n// three\na,b,c\n1,x,5\n3,y,6\n",
        {"a": [1, 3], "b": ["x", "y"], "c": [5, 6]},
    ),
    "a sign before a name": ("% fat,kind\nlow,x\nhigh,y\n", {"% fat": ["low", "high"], "kind": ["x", "y"]}),
    "names in the last remark": ("# a survey\n# a, b\n1.5,x\n3,y\n", {"a": [1.5, 3.0], "b": ["x", "y"]}),
    "a title above blanks": ("Weights\na b c\n1 2 x\n3 4 y\n", {"a": [1, 3], "b": [2, 4], "c": ["x", "y"]}),
    "values in the first line": (
        "5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n",
        {"column 1": [5.1, 4.9, 7.0], "column 2": [3.5, 3.0, 3.2], "column 3": ["setosa", "setosa", "versicolor"]},
    ),
    "numbers in the first line": ("5.1,3.5\n4.9,3.0\n", {"column 1": [5.1, 4.9], "column 2": [3.5, 3.0]}),
    "codes in the first line": ("p,x\np,y\ne,x\n", {"column 1": ["p", "p", "e"], "column 2": ["x", "y", "x"]}),
    "years for names": ("land,2019,2020\nA,1.5,2\nB,3,4\n", {"land": ["A", "B"], "2019": [1.5, 3.0], "2020": [2, 4]}),
    "a currency": ('a,b\n$5,x\n"$1,200.5",y\n', {"a": [5.0, 1200.5], "b": ["x", "y"]}),
    "a currency behind": ("a;b\n1,5 €;x\n1.200 €;y\n", {"a": [1.5, 1200.0], "b": ["x", "y"]}),
    "per cent": ("a,b\n5%,x\n7 %,y\n", {"a": [5, 7], "b": ["x", "y"]}),
    "a unit": ("a,b\n5 km/h,x\n7.5 km/h,y\n", {"a": [5.0, 7.5], "b": ["x", "y"]}),
    "two units": ("a,b\n5 km,x\n7 m,y\n", {"a": ["5 km", "7 m"], "b": ["x", "y"]}),
    "blanks between thousands, as in France": (
        "a;b\n1\u202f234,5 €;x\n12 345 678 €;y\n",
        {"a": [1234.5, 12345678.0], "b": ["x", "y"]},
    ),
    "apostrophes between thousands, as in Switzerland": (
        "a,b\n1'234.5,x\n1\u2019234\u2019567,y\n",
        {"a": [1234.5, 1234567.0], "b": ["x", "y"]},
    ),
    "groups of two, as in India": ("a\tb\n12,34,567\tx\n1,234\ty\n", {"a": [1234567, 1234], "b": ["x", "y"]}),
    "telephone numbers": (
        "a,b\n030 123 456,x\n040 123 789,y\n",
        {"a": ["030 123 456", "040 123 789"], "b": ["x", "y"]},
    ),
    "negative numbers of accountants": (
        'a,b\n"(1,234.5)",x\n(7),y\n7,z\n',
        {"a": [-1234.5, -7.0, 7.0], "b": ["x", "y", "z"]},
    ),
    "negative amounts of accountants": ("a,b\n($7.5),x\n$8,y\n", {"a": [-7.5, 8.0], "b": ["x", "y"]}),
    "numbered in parentheses": ("a,b\n(1),x\n(2),y\n", {"a": ["(1)", "(2)"], "b": ["x", "y"]}),
    "signs behind": ("a,b\n1.5-,x\n2.5,y\n", {"a": [-1.5, 2.5], "b": ["x", "y"]}),
    "the minus of a text": ("a,b\n\u22121.5,x\n2.5,y\n", {"a": [-1.5, 2.5], "b": ["x", "y"]}),
    "a comma behind a zero groups nothing": ('a,b\n"0,123",x\n"1,234",y\n', {"a": ["0,123", "1,234"], "b": ["x", "y"]}),
    "points behind a zero group nothing": ("a;b\n0.123;1,5\n1.234;2,5\n", {"a": [0.123, 1.234], "b": [1.5, 2.5]}),
    "tabs and decimal commas": (
        "a\tb\n" + "".join(f"{n},5\t{n}.000\n" for n in range(1, 22)),
        {"a": [n + 0.5 for n in range(1, 22)], "b": [1000 * n for n in range(1, 22)]},
    ),
    "decimal commas in quotes": (
        "a,b\n" + "".join(f'"{n},25",x\n' for n in range(21)),
        {"a": [n + 0.25 for n in range(21)], "b": ["x"] * 21},
    ),
    "tabs, commas between thousands and points": ("a\tb\n1,234\t0.5\n5\t1.25\n", {"a": [1234, 5], "b": [0.5, 1.25]}),
    "codes joined by commas": ('a,b\n"1,2",x\n2,y\n"1,3",z\n', {"a": ["1,2", "2", "1,3"], "b": ["x", "y", "z"]}),
    "numbers in Arabic": ("a,b\n\u0661\u0662\u066b\u0665,x\n\u0663,y\n", {"a": [12.5, 3.0], "b": ["x", "y"]}),
    "invisible marks": ("a,b\n\u200b5,x\n\ufeff7,y\n", {"a": [5, 7], "b": ["x", "y"]}),
    "degrees": ("a,b\n5 °C,x\n7.5 °C,y\n", {"a": [5.0, 7.5], "b": ["x", "y"]}),
    "no value, as databases write it": (
        "a,b\n\\N,x\n5,\\N\n(null),y\n7,[null]\n",
        {"a": [NAN, 5.0, NAN, 7.0], "b": ["x", NAN, "y", NAN]},
    ),
    "codes with a letter": ("a,b\nP5,x\nP7,y\n", {"a": ["P5", "P7"], "b": ["x", "y"]}),
}
# Each row: a file, and what the one problem says.
REFUSED = {
    "nothing": (b"", "is empty"),
    "empty lines": (b"\n \n", "is empty"),
    "a first line alone": (b"a,b\n", "has only its first line"),
    "a first line without an end": (b"a,b", "has only its first line"),
    "two of a name": (b"a,b,a\n1,2,3\n", "has columns of the same name, 'a'"),
    "another encoding": (
        "a,b\n1,ソース\n".encode("shift_jis"),
        "is text in neither UTF-8 nor Windows-1252",
    ),
    "no text": (b"\x89PNG\r\n\x1a\n" + bytes(99), "is not text in UTF-8"),
    "half of UTF-16": ("a,b\n1,2\n".encode("utf-16")[:-1], "is not text in UTF-16 (truncated data)"),
    "more fields than names": (b"a,b\n1,2\n1,2\n1,2,3\n", "line 4 has 3 fields, and there are 2 columns; put text"),
    "fewer names": (b"a,b\n1,2,3,4\n1,2,3,4\n1,2,3,5\n", "first line, which names 2 columns"),
    "a page": (b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "is an HTML page"),
    "a page without a type": (b"\n<html>\n<head></head>\n</html>", "is an HTML page"),
    "a pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "is a pointer of Git LFS",
    ),
    "a table of Weka": (b"% remark\n\n@RELATION x\n@ATTRIBUTE a NUMERIC\n@DATA\n1\n2\n", "is in Weka's format, ARFF"),
    "a sparse table": (b"+1 1:0.5 3:1\n-1 2:0.1 3:7\n", "is in the sparse format of LIBSVM"),
    "lines in quotes": (b'"a,b"\n"1,2"\n"3,4"\n', "each of its lines stands in double quotes"),
    "JSON": (b'[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]\n', "is JSON"),
    "an open quote": (b'a,b\n1,2\n"1,2\n', "the double quote that begins a text in line 3 is not closed"),
    "more fields below a title": (b"Results\na,b\n1,2\n3,4\n1,2,3\n", "line 5 has 3 fields, and there are 2 columns"),
}


def write(path, text):
    path.write_text(text)
    return path


def read(path, content):
    path.write_bytes(content)
    return csv_file.read(table_file.find(path, "--data 'x.csv'"))


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_a_file_as_people_have_it_is_read(tmp_path, text, expected):
    """Separators, numbers, gaps, names and ends of lines are understood."""
    frame = read(tmp_path / "x.csv", text.encode()).frame
    assert list(frame) == list(expected)
    for name, values in expected.items():
        cells = [None if value is pd.NA else value for value in frame[name].tolist()]
        assert repr(cells) == repr(values), name


SPOKEN = "größe;prix\r\n1,5;été\r\n2;5 €\r\n"


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        (SPOKEN.encode("utf-8-sig"), False),
        (SPOKEN.encode("utf-16"), False),
        (b"\xfe\xff" + SPOKEN.encode("utf-16-be"), False),
        (SPOKEN.encode("cp1252"), True),
        (gzip.compress(SPOKEN.encode("cp1252")), True),
        (bz2.compress(SPOKEN.encode()), False),
        (lzma.compress(SPOKEN.encode("utf-16")), False),
        (SPOKEN.encode("utf-32"), False),
        (b"\0\0\xfe\xff" + SPOKEN.encode("utf-32-be"), False),
    ],
    ids=[
        "UTF-8",
        "UTF-16",
        "UTF-16, big end first",
        "Windows-1252",
        "gzip",
        "bzip2",
        "xz",
        "UTF-32",
        "UTF-32, big first",
    ],
)
def test_a_file_is_read_as_spreadsheets_and_packers_write_it(tmp_path, content, noted):
    """In UTF-8, in UTF-16, and in Windows-1252, which is noted, since it is what is left; packed too."""
    table = read(tmp_path / "x.csv", content)
    assert table.frame.to_dict("list") == {"größe": [1.5, 2.0], "prix": ["été", "5 €"]}
    assert [note for note in table.notes if "Windows-1252" in note] == list(table.notes)[:noted]


def test_a_letter_that_is_not_in_utf_8_may_stand_far_behind(tmp_path):
    """Behind what is read to tell how the file is written."""
    rows = "".join(f"{number},plain\n" for number in range(60_000))
    table = read(tmp_path / "x.csv", f"a,b\n{rows}1,été\n".encode("latin-1"))
    assert table.frame["b"].iloc[-1] == "été"


def test_what_is_read_otherwise_than_it_stands_there_is_noted(tmp_path):
    """A unit that is left away, and names that the file lacks, are told."""
    notes = read(tmp_path / "x.csv", b"5.1,7 kg\n4.9,8 kg\n").notes
    assert notes == (
        "its first line holds values, not names: its columns are named 'column 1' to 'column 2'",
        "the column 'column 2' holds numbers with 'kg': read without",
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_may_lack_its_mark(tmp_path, encoding):
    """As some databases export it: every second byte is 0."""
    assert read(tmp_path / "x.csv", "a;b\n1,5;x\n2;y\n".encode(encoding)).frame.to_dict("list") == {
        "a": [1.5, 2.0],
        "b": ["x", "y"],
    }


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("a,b\n" + "".join(f'"{n},25",x\n' for n in range(21)), "its numbers have a decimal comma"),
        ("a,b\n(7),x\n8,y\n", "numbers in parentheses, in 'a', are read as negative"),
        ("a;b\n1,5;x\n2;y\n", None),
        ("a,b\n1 234,x\n2,y\n", None),
    ],
)
def test_a_way_to_write_numbers_that_may_mean_something_else_is_noted(tmp_path, text, noted):
    """A decimal comma beside a separator other than the semicolon, and parentheses; what is plain is not."""
    assert read(tmp_path / "x.csv", text.encode()).notes == ((noted,) if noted else ())


def test_errors_of_a_spreadsheet_are_gaps(tmp_path):
    """However many of the cells show one, and in whatever language; among texts they are texts."""
    rows = "1.5,x\n#DIV/0!,#REF!\n2.5,y\n#WERT!,z\n7,z\n"
    table = read(tmp_path / "x.csv", f"a,b\n{rows}".encode())
    assert {name: writing.missing for name, writing in table.writings.items()} == {"a": ("#DIV/0!", "#WERT!")}
    assert table.frame["b"].iloc[1] == "#REF!"


@pytest.mark.parametrize(("numbers", "is_gap"), [(range(25), True), (range(5), False)])
def test_a_sign_in_many_rows_is_a_gap_of_a_quantity(tmp_path, numbers, is_gap):
    """Beside many different numbers "?" can't be a class of its own; beside few codes it may be."""
    rows = "".join(f"{number},x\n?,y\n" for number in numbers)
    writings = read(tmp_path / "x.csv", f"a,b\n{rows}".encode()).writings
    assert {name: writing.missing for name, writing in writings.items()} == ({"a": ("?",)} if is_gap else {})


def test_texts_among_numbers_are_left_for_whoever_knows_the_columns_roles(tmp_path):
    """A mark for a missing number is told by its column; of a target it might be a class."""
    rows = "".join(f"{number},{number}\n" for number in range(40))
    table = read(tmp_path / "x.csv", f"a,b\n{rows}-,<3\n".encode())
    assert {name: writing.missing for name, writing in table.writings.items()} == {"a": ("-",), "b": ("<3",)}
    assert table.frame["a"].iloc[-1] == "-"


@pytest.mark.parametrize("text", ["None", "NA", "N/A", "null"])
def test_a_class_may_have_a_name_that_means_nothing_elsewhere(tmp_path, text):
    """A target of text keeps it, and only an empty cell is no label; other columns have a gap there."""
    content = f"a,b\n{text},{text}\nInsomnia,Insomnia\n,\n{text},{text}\n"
    table = csv_file.read(table_file.find(write(tmp_path / "x.csv", content), "x"), lambda names: names[-1])
    assert table.frame["b"].dropna().tolist() == [text, "Insomnia", text]
    assert table.frame["a"].isna().tolist() == [True, False, True, True]
    assert table.gaps == {"": 1}


def test_a_class_stands_in_more_than_one_row(tmp_path):
    """One such text alone is a gap, also among texts."""
    table = csv_file.read(
        table_file.find(write(tmp_path / "x.csv", "a,b\n1,NA\n2,x\n3,y\n"), "x"), lambda names: names[-1]
    )
    assert table.frame["b"].isna().tolist() == [True, False, False]
    assert table.gaps == {"NA": 1}


def test_no_number_is_no_class(tmp_path):
    """Among numbers such a text is a missing one, and is counted for the note on rows that are left out."""
    table = csv_file.read(
        table_file.find(write(tmp_path / "x.csv", "a,b\n1,NA\n2,2.5\n3,\n"), "x"), lambda names: names[-1]
    )
    assert table.frame["b"].dtype == "float64"
    assert table.gaps == {"NA": 1, "": 1}


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
    frame = read(tmp_path / "x.csv", gzip.compress(b"\xef\xbb\xbfa,b\n1,x\n")).frame
    assert frame.to_dict("list") == {"a": [1], "b": ["x"]}


@pytest.mark.e2e
def test_a_column_that_turns_to_text_late_is_text_from_its_first_row(tmp_path):
    """A long file is read piece by piece; a column is of one type all the same."""
    rows = 600_000
    frame = read(tmp_path / "x.csv", b"a,b\n" + b"1,2\n" * rows + b"x,3\n").frame
    assert frame["a"].iloc[[0, -1]].tolist() == ["1", "x"]
    assert frame["b"].dtype == "int64"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@hypothesis_settings(deadline=None, max_examples=50)
def test_numbers_keep_their_last_bit(tmp_path_factory, values):
    """What was written in full is read as the same numbers."""
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    frame = read(path, ("x,y\n" + "".join(f"{value!r},z\n" for value in values)).encode()).frame
    assert [float(value) for value in frame["x"]] == values


@given(st.lists(st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12).map(lambda x: round(x, 2)), min_size=2))
@hypothesis_settings(deadline=None, max_examples=50)
def test_thousands_separators_change_no_number(values):
    """A column with separators between its thousands is the column without; so with points and a decimal comma."""
    written = pd.Series([f"{value:,}" for value in values], dtype="str")
    swapped = written.str.translate(str.maketrans(",.", ".,"))
    for text, comma in ((written, False), (swapped, True)):
        writing = numerals.writing_of(text, comma)
        assert writing is not None
        assert writing.read(text).tolist() == [float(value) for value in values]
