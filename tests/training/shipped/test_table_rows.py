"""Rows as people have them become the table that a model was fitted on, or a sentence that names the column."""

import datetime
import decimal
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.base import clone

from steps.parameters.settings import TrainSettings
from steps.training.data import examples
from steps.training.shipped.table_rows import TableRows, columns_of

TABLE = pd.DataFrame(
    {
        "a": [1.5, 2.5],
        "n": pd.Series([1, 2], dtype="int64"),
        "gaps": [1.0, None],
        "price": [5.0, 6.0],
        "flag": [True, False],
        "maybe": pd.Series([True, None], dtype="boolean"),
        "colour": pd.Series(["red", "blue"], dtype="str"),
        "day": pd.Series(["31.01.2026", "01.02.2026"], dtype="str"),
        "time": pd.to_datetime(["2026-01-31", "2026-02-01"]),
        "zoned": pd.to_datetime(["2026-01-31", "2026-02-01"]).tz_localize("Europe/Zurich"),
        "size": pd.Categorical(["S", "M"]),
        "level": pd.Categorical([1, 2]),
    }
)
WRITINGS = {"price": {"decimal_comma": True, "after": "€", "missing": ("-",)}}
ROWS = TableRows(columns_of(TABLE, WRITINGS))
ROW = {name: TABLE[name].iloc[0] for name in TABLE}


def read(change, rows=ROWS):
    """The table of one row, the first of TABLE but for what is changed."""
    return rows.transform(pd.DataFrame([ROW | change]).astype(object))


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("a", 2, 2.0),
        ("a", np.int64(2), 2.0),
        ("a", decimal.Decimal("2.5"), 2.5),
        ("a", True, 1.0),
        ("a", "34,437.52", 34437.52),
        ("a", " 7 ", 7.0),
        ("a", "1 234.5", 1234.5),
        ("a", "(7.5)", -7.5),
        ("a", "\u22127.5", -7.5),
        ("a", "-1e3", -1000.0),
        ("n", 2.0, 2.0),
        ("n", 2.5, 2.5),
        ("price", "0,5", 0.5),
        ("price", "1.234,5 €", 1234.5),
        ("price", "1\u202f234,5 €", 1234.5),
        ("price", "(1.234,5 €)", -1234.5),
        ("price", 7, 7.0),
        ("flag", "true", True),
        ("flag", "False", False),
        ("flag", 1, True),
        ("flag", 0.0, False),
        ("maybe", "TRUE", True),
        ("colour", "green", "green"),
        ("colour", " red", "red"),
        ("colour", 5, "5"),
        ("colour", 5.0, "5"),
        ("day", "15.03.2027", "15.03.2027"),
        ("day", datetime.date(2027, 3, 15), "15.03.2027"),
        ("day", pd.Timestamp("2027-03-15"), "15.03.2027"),
        ("time", "2027-03-15", pd.Timestamp("2027-03-15")),
        ("time", "2027-03-15T12:30:00", pd.Timestamp("2027-03-15 12:30")),
        ("time", datetime.date(2027, 3, 15), pd.Timestamp("2027-03-15")),
        ("zoned", "2027-03-15T12:00:00Z", pd.Timestamp("2027-03-15 13:00", tz="Europe/Zurich")),
        ("size", "XL", "XL"),
        ("level", "2", 2.0),
        ("level", 7, 7.0),
    ],
)
def test_a_value_as_people_write_it_is_the_value(name, given, expected):
    """Numbers as text and text as numbers, whole ones with a point, dates as text, categories that are new."""
    value = read({name: given})[name].iloc[0]
    assert value == expected
    assert type(value) is type(expected) or np.asarray(value).dtype.kind in "fb"


@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("given", [None, np.nan, pd.NA, "", "NA", "null"])
def test_a_gap_is_a_gap(name, given):
    """Whatever stands for it, in a column of any kind."""
    if isinstance(given, str) and name in ("colour", "day", "size"):
        return  # texts there
    assert read({name: given})[name].isna().all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"a": "abc"}, "the column 'a' holds 'abc', which is no number"),
        ({"a": "0,5"}, "the column 'a' holds '0,5', which is no number"),
        ({"a": [1, 2]}, "the column 'a' holds [1, 2], which is no number"),
        ({"n": np.inf}, "the column 'n' holds an infinite value"),
        ({"flag": "perhaps"}, "the column 'flag' holds 'perhaps', which is neither true nor false"),
        ({"time": "soon"}, "the column 'time' holds 'soon', which is no date"),
    ],
)
def test_what_can_t_be_read_is_one_sentence(change, sentence):
    """It names the column and the value; nothing becomes missing in silence."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read(change)


def test_columns_are_put_in_order_and_others_left_away():
    """Another order, more columns, blanks around the names, names that are numbers: the table is the same."""
    shuffled = pd.DataFrame([ROW]).loc[:, ::-1].assign(more=1).rename(columns={"a": " a "})
    pd.testing.assert_frame_equal(ROWS.transform(shuffled), ROWS.transform(pd.DataFrame([ROW])))
    numbered = TableRows(columns_of(pd.DataFrame({"0": [1.5], "1": [2.5]}), {}))
    assert numbered.transform(pd.DataFrame([[1, 2]])).to_dict("list") == {"0": [1.0], "1": [2.0]}


def test_rows_need_be_no_frame():
    """Mappings, one, several or of columns, and values in the columns' order."""
    expected = ROWS.transform(pd.DataFrame([ROW]))
    by_column = {name: [value] for name, value in ROW.items()}
    for rows in (ROW, [ROW], by_column, [list(ROW.values())], pd.Series(ROW), np.array([ROW])):
        pd.testing.assert_frame_equal(ROWS.transform(rows), expected, check_dtype=True)
    with pytest.raises(ValueError, match=r"rows of 2 values; the model takes 12: a, n, "):
        ROWS.transform([[1, 2]])


def test_only_a_column_that_had_gaps_may_be_left_out():
    """It is all gaps then; one that always had a value is asked for by name."""
    rows = pd.DataFrame([ROW])
    assert ROWS.transform(rows.drop(columns=["gaps", "maybe"]))[["gaps", "maybe"]].isna().all(axis=None)
    with pytest.raises(ValueError, match=r"the column 'n' is missing; there are 'a', 'gaps', "):
        ROWS.transform(rows.drop(columns="n"))


def test_a_gap_for_an_estimator_that_takes_none_is_one_sentence():
    """It names the column and counts the rows."""
    strict = TableRows(columns_of(TABLE[["a", "n"]], {}), takes_gaps=False)
    with pytest.raises(ValueError, match="the column 'n' has no value in 1 of 2 rows, and this model needs one"):
        strict.transform(pd.DataFrame({"a": [1, 2], "n": [None, 2]}))


def test_no_rows_are_no_error():
    """An empty batch has the table's columns."""
    assert list(ROWS.transform(TABLE.head(0))) == list(TABLE)


def test_the_table_itself_stays_as_it_is():
    """What the model was fitted on is what the estimator behind gets, but for whole numbers as floats."""
    transformed = clone(ROWS).fit(TABLE).transform(TABLE)
    pd.testing.assert_frame_equal(transformed, TABLE.astype({"n": "float64", "level": transformed["level"].dtype}))
    assert transformed["level"].tolist() == [1.0, 2.0]


@given(
    st.lists(st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False), min_size=1)
)
@hypothesis_settings(deadline=None, max_examples=50)
def test_numbers_of_any_kind_keep_their_last_bit(values):
    """Between them and as text, whole or not, with gaps."""
    rows = TableRows(columns_of(pd.DataFrame({"a": [1.0, None]}), {}))
    for column in (values, [None if value is None else repr(value) for value in values]):
        read_back = rows.transform(pd.DataFrame({"a": pd.Series(column, dtype=object)}))["a"]
        assert [None if np.isnan(x) else x for x in read_back] == [None if v is None else float(v) for v in values]


# Rows of files, with what separates them: what such a column of numbers or texts looks like, forty times.
FILES = {
    "points": ("{n}.5,x{few}", ","),
    "thousands": ('"{n},234.5",x', ","),
    "blanks between thousands": ("{n}\u202f234,5;x", ";"),
    "apostrophes": ("{n}'234.5,x", ","),
    "decimal commas": ("{n},5;x", ";"),
    "decimal commas beside tabs": ("{n},5\tx", "\t"),
    "amounts": ('"${n},000.5",x', ","),
    "accountants": ("{sign},x", ","),
    "marks": ("{mark},x", ","),
    "errors": ("{error},x", ","),
    "no values of databases": ("{null},x{null}", ","),
    "no values of databases among texts": ("{n}.5,{text}", ","),
    "dates": ("{n}.5,2026-01-{few}0", ","),
    "booleans": ("{flag},x", ","),
    "gaps": ("{gap},{gap}x", ","),
    "blanks": (" {n}, x ", ","),
}


def test_a_name_of_several_lines_is_one_of_one(tmp_path):
    """The step reads it so, and the model knows it as pandas reads it."""
    path = tmp_path / "x.csv"
    path.write_text('"Unit\nprice",b\n' + "".join(f"{n}.5,{'pq'[n % 2]}\n" for n in range(40)))
    made = examples.get(TrainSettings(data=str(path), folds=2), ["sklearn.svm.SVC"])
    assert list(made.features) == ["Unit price"]
    assert TableRows(made.columns).transform(pd.read_csv(path))["Unit price"].tolist() == [n + 0.5 for n in range(40)]


@pytest.mark.parametrize(("row", "separator"), FILES.values(), ids=FILES)
def test_plain_pandas_reads_the_training_file_for_the_model(tmp_path, row, separator):
    """Its rows become those that the step made of the file, whatever its numbers look like."""
    numbers = range(1, 41)
    rows = [
        row.format(
            n=n,
            few=n % 3,
            sign=f"({n}.5)" if n % 4 == 0 else n,
            mark="?" if n % 3 == 0 else n,
            error="#DIV/0!" if n % 3 == 0 else n,
            flag=n % 2 == 0,
            gap="" if n % 5 == 0 else n,
            text="\\N" if n % 5 == 0 else f"t{n % 3}",
            null="\\N" if n % 5 == 0 else n,
        )
        for n in numbers
    ]
    path = tmp_path / "x.csv"
    lines = [separator.join([line, "pq"[n % 2]]) for n, line in zip(numbers, rows, strict=True)]
    path.write_text("\n".join([separator.join("abc"), *lines]), encoding="utf-8")
    made = examples.get(TrainSettings(data=str(path), target="c", folds=2), ["sklearn.svm.SVC"])
    by_pandas = TableRows(made.columns).transform(pd.read_csv(path, sep=separator))
    own = made.features.astype(dict(by_pandas.dtypes))
    texts = {tuple(map(str, line)) for line in own.itertuples(index=False)}
    assert texts == {tuple(map(str, line)) for line in by_pandas.itertuples(index=False)}
