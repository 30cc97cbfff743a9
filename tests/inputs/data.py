"""Data that no model can be trained on: files that are no table, tables without what they would need."""

import gzip
import io
import zipfile
from collections.abc import Callable

import pandas as pd

from tests.inputs import states
from tests.inputs.rows import Row

_FILE = "{folder}/table.csv"


def _csv(row: Callable[[int], str], names: str = "a,b,y", rows: int = 40) -> str:
    return "\n".join([names, *map(row, range(rows))]) + "\n"


def _parquet(frame: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.to_parquet(target)
    return target.getvalue()


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("table.csv", WELL)
    return target.getvalue()


WELL = _csv(lambda i: f"{i},{i % 7},{i % 2}")
_TEXT = _csv(lambda i: f"{i},{i},{'yes' if i % 2 else 'no'}")

# Weights that are text, have gaps, are negative, are 0 but in a row that some fold does not have.
_WEIGHED = _csv(
    lambda i: f"{'yes' if i % 3 else 'no'},{'' if i % 7 == 3 else i},{-1 if i == 39 else i},{int(i == 9)},{i % 2}",
    "a,b,c,d,y",
)
_D = {"weight": "d"}
_KNN = {"weight": "b", "space": "knn", "n_trials": "1"}


def _data(id: str, line: str, content: str | bytes, step: str = "train", **parameters: str) -> Row:
    """Make a row of a file; the line begins with `--data` and its path where it begins with a colon."""
    line = f"--data '{_FILE}'{line}" if line.startswith(":") else line
    return Row(f"data-{step}-{id}", step, line, {"data": _FILE, **parameters}, files={"table.csv": content})


def _uri(id: str, line: str, data: str, step: str = "train", **fields: object) -> Row:
    return Row(f"data-{step}-{id}", step, line, {"data": data}, **fields)  # type: ignore[arg-type]


ROWS = [
    _uri("missing", "--data '/no/such.csv': there is no such file", "/no/such.csv"),
    _uri("missing", "--data '/no/such.csv': there is no such file", "/no/such.csv", "tune"),
    _uri(
        "missing-relative",
        "--data 'irs': there is no such file in {root}, … scikit-learn such a set (did you mean 'iris'?); give an …",
        "irs",
    ),
    _uri("folder", "--data '{folder}': is a folder; name a CSV or Parquet file", "{folder}"),
    _uri("too-long", f"--data '{'x' * 300}': there is no such file in …", "x" * 300),
    _uri("no-such-user", "--data '~no-such-user/x': there is no such file", "~no-such-user/x"),
    _uri("unknown-scheme", "--data 'foo://x': can't be fetched: Could not find a registered artifact …", "foo://x"),
    _uri("no-package", "--data 's3://b/x.csv': s3:// needs the package boto3; add it to …", "s3://b/x.csv"),
    _uri("password", "--data: the URI holds a secret before the @; …", "https://me:SESAME@host/x.csv"),
    _uri("no-run", f"--data 'runs:/{'0' * 32}/x': can't be fetched: Run with id=… not found", f"runs:/{'0' * 32}/x"),
    _uri(
        "not-found",
        "--data '{server}/x.csv': can't be fetched: 404 Client Error: …",
        "{server}/x.csv",
        state=states.answering(404, "<html>nothing</html>"),
    ),
    _data("empty", ": is empty", ""),
    _data("empty", ": is empty", "", "tune"),
    _data("blank-lines", ": is empty", "\n\n\n"),
    _data("no-rows", ": has only its first line, the columns' names; there must be rows", "a,b,y\n"),
    _data(
        "picture",
        ": is not a CSV or Parquet file but a picture; save its table as CSV",
        b"\x89PNG\r\n\x1a\n" + bytes(256),
    ),
    _data(
        "binary",
        ": is not text in UTF-8, nor Parquet: it holds bytes that no text has; save its table as CSV",
        b"\x89\r\n\x1a\n" + bytes(256),
    ),
    _data(
        "another-encoding",
        ": is text in neither UTF-8 nor Windows-1252; save it as UTF-8",
        _TEXT.replace("yes", "ソース").encode("shift_jis"),
    ),
    _data("utf-16-cut", ": is not text in UTF-16 (truncated data); save it as UTF-8", WELL.encode("utf-16")[:-1]),
    _data(
        "page", ": is an HTML page, such as a login; download the file itself", "<!DOCTYPE html>\n<html>Log in</html>\n"
    ),
    _data("pointer", ": is a pointer of Git LFS, …", "version https://git-lfs.github.com/spec/v1\nsize 12\n"),
    _data("names-twice", ": has columns of the same name, 'a'; rename them", _csv(lambda i: f"{i},{i},1", "a,a,y")),
    _data(
        "ragged",
        ": has lines of more fields than its first line, which names 3 columns; …",
        "a,b,y\n1,2,0,4,5\n1,2,1\n" * 9,
    ),
    _data("one-column", ": no feature is left beside 'y'; it has 'y'", _csv(lambda i: f"{i % 2}", "y")),
    _data("target-all-nan", ": no row has a value in the target 'y'; …", _csv(lambda i: f"{i},{i},"), target="y"),
    _data("features-all-nan", ": no row has a value in any of the features, 'a', 'b'", _csv(lambda i: f",,{i % 2}")),
    _data(
        "one-class",
        ": the target 'y' of … has the one value '1' in all of its 40 rows; …",
        _csv(lambda i: f"{i},{i},1"),
    ),
    _data(
        "one-of-a-class", ": the class 'rare' … has one row, …", _csv(lambda i: f"{i},{i},{'often' if i else 'rare'}")
    ),
    _data(
        "fewer-rows-than-folds",
        ": the class '1' of the target 'y' has one row, …",
        "a,y\n1,0\n2,1\n3,0\n",
    ),
    _data("fewer-rows-than-folds", "--folds 30: must be at most 16, …", WELL, "tune", folds="30"),
    _data("infinite", ": infinite values in 'b'; leave them empty, …", WELL.replace("3,3,1", "3,inf,1")),
    _data("target-missing", "--target 'z': … has no such column; allowed: a, b, y", WELL, target="z"),
    _data("target-missing", "--target 'z': … has no such column; allowed: a, b, y", WELL, "tune", target="z"),
    _data("target-dropped", "--drop 'y': is the target of …; name another with --target", WELL, target="y", drop="y"),
    _data("all-dropped", ": no feature is left beside 'y'; it has 'a', 'b', 'y'", WELL, drop="a,b"),
    _data("drop-missing", "--drop 'zz': … has no such column; allowed: a, b, y", WELL, drop="zz"),
    _data("weight-missing", "--weight 'zz': … has no such column; allowed: a, b, y", WELL, weight="zz"),
    _data("weight-target", "--weight 'y': is the target; name another column of …", WELL, weight="y", target="y"),
    _data("weight-dropped", "--weight 'b': is dropped; name another column of …", WELL, weight="b", drop="b"),
    _data("weight-split", "--weight 'b': is what the rows are split by (group); …", WELL, weight="b", split="group:b"),
    _data(
        "weight-text",
        "--weight 'a': must be a column of numbers; that of … has values such as 'no'",
        _WEIGHED,
        weight="a",
    ),
    _data("weight-gap", "--weight 'b': row 4 of … and 5 more rows have no weight: …", _WEIGHED, weight="b"),
    _data("weight-negative", "--weight 'c': row 40 of … has a negative weight, -1: …", _WEIGHED, weight="c"),
    _data("weight-zero", "--weight 'd': the held-out rows, of …, all have the weight 0; …", _WEIGHED, **_D),
    _data(
        "weight-knn",
        "--estimator 'sklearn.neighbors.KNeighborsClassifier': KNeighborsClassifier takes no sample weights; …",
        WELL,
        weight="b",
        estimator="sklearn.neighbors.KNeighborsClassifier",
    ),
    _data("weight-knn", "knn.yaml:4: …KNeighborsClassifier takes no sample weights; …", WELL, "tune", **_KNN),
    _data("weight-missing", "--weight 'zz': … has no such column; allowed: a, b, y", WELL, "tune", weight="zz"),
    _data(
        "positive",
        "--positive 'yess': the target 'y' of … has no such class (did you mean 'yes'?); allowed: 'no', 'yes'",
        _TEXT,
        positive="yess",
    ),
    _data("positive", "--positive '7': the target 'y' of … has no such class; …", WELL, "tune", positive="7"),
    _data("group-missing", "--split 'group:zz': … has no such column; allowed: a, b, y", WELL, split="group:zz"),
    _data("few-groups", "--split 'group:b': … has 7 groups, …", WELL, split="group:b", folds="9"),
    _data("time-target", "--split 'time:y': …", WELL, split="time:y"),
    _data("no-times", "--split 'time:b': not all of 'b' …", _csv(lambda i: f"{i},monday,{i % 2}"), split="time:b"),
    _data(
        "regression-of-text", "--task 'regression': the target 'y' of … holds no numbers; …", _TEXT, task="regression"
    ),
    _data(
        "stratified-regression",
        "--split 'stratified': is for classes, and the target 'y' is a quantity; …",
        WELL,
        task="regression",
        split="stratified",
    ),
    _data("parquet-junk", ": can't be read as Parquet: …", b"PAR1" + b"junk" * 50),
    _data("parquet-cut", ": can't be read as Parquet: …", b"PAR1"),
    _data("parquet-no-rows", ": has no rows or no columns", _parquet(pd.DataFrame({"a": [], "y": []}))),
    _data(
        "parquet-of-lists",
        ": the column 'a' holds values of type ndarray; leave it out with --drop 'a'",
        _parquet(pd.DataFrame({"a": [[1], [2]] * 10, "y": [0, 1] * 10})),
    ),
    _data("gzip-junk", ": can't be read as gzip: …", b"\x1f\x8b" + b"junk" * 50),
    _data("gzip-cut", ": can't be read as …", gzip.compress(WELL.encode() * 50)[:60]),
    _data("workbook", ": is not a CSV or Parquet file but a zip archive or a workbook; save its table as CSV", _zip()),
]
