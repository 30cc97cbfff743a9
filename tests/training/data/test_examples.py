import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training.data import blocks, columns, examples, target

MESSY = str(Path(__file__).parents[2] / "samples" / "messy.csv")


def of(*estimators, **settings):
    return examples.get(TrainSettings(**settings), estimators or ["sklearn.svm.SVC"])


def problems_of(**settings):
    with pytest.raises(WrongValue) as caught:
        of(**settings)
    assert all("\n" not in problem for problem in caught.value.problems)
    return list(caught.value.problems)


def write(path, **columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


def origin(values):
    """The array that owns an array's memory."""
    while isinstance(values.base, np.ndarray):
        values = values.base
    return values


@pytest.mark.parametrize("data", ["iris", "digits", "diabetes"])
@pytest.mark.parametrize("folds", [1, 2, 5])
def test_every_fold_is_handed_out_without_a_copy(data, folds):
    """Fit rows, score rows, training rows and held-out rows of a table of numbers are views of one block, by rows."""
    made = of(data=data, folds=folds)
    assert made.plain
    block = origin(made.features.to_numpy())
    parts = [made.layout.held_out, made.layout.training, *(rows for pair in made.layout.splits for rows in pair)]
    for rows in parts:
        values = np.asarray(made.features.iloc[rows])
        assert np.shares_memory(values, block)
        assert values.flags.c_contiguous
        assert len(made.target.iloc[rows]) == len(values)
    assert block.shape == made.features.shape


@pytest.mark.parametrize("split", ["auto", "random", "group:age", "time:bmi"])
def test_rows_keep_their_targets(split):
    """However the rows are laid out, each has the values and the target that the table has for it."""
    from sklearn.datasets import load_diabetes

    made = of(data="diabetes", split=split, folds=1)
    table = load_diabetes(as_frame=True).frame.iloc[made.layout.order].reset_index(drop=True)
    np.testing.assert_array_equal(made.features, table[list(made.features)])
    np.testing.assert_array_equal(made.target, table["target"])
    assert ("age" in made.features) == (split != "group:age")


def test_the_default_split_is_the_one_that_it_was():
    """80/20 of iris, stratified, by seed 42: the same rows are held out as scikit-learn's own splitter gives."""
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    features, target = load_iris(return_X_y=True, as_frame=True)
    _, held_out = train_test_split(features, test_size=0.2, random_state=42, stratify=target)
    made = of()
    np.testing.assert_array_equal(made.features.iloc[made.layout.held_out], held_out)


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"split": "stratified", "target": "target", "task": "classification"}, True),
        ({"seed": 1}, False),
        ({"folds": 4}, False),
        ({"test_size": 0.3}, False),
        ({"split": "random"}, False),
        ({"drop": "alcohol"}, False),
        ({"target": "hue"}, False),
    ],
)
def test_the_digest_of_the_folds_tells_whether_scores_compare(settings, same):
    """`auto` and what it stands for give the same digest; another seed, split, number of folds or column another."""
    assert (of(data="wine").folds == of(data="wine", **settings).folds) == same


def test_a_messy_table_is_read_with_its_roles():
    """The last column is the target; rows without it and a nameless index are left out and said; types stay."""
    made = of(data=MESSY)
    assert made.resolved.target == "churned"
    assert made.resolved.split == "stratified"
    assert not made.plain
    assert set(made.target) == {"yes", "no"}
    assert len(made.target.iloc[made.layout.training]) + len(made.target.iloc[made.layout.held_out]) == 78
    index, rows = made.notes
    assert "'Unnamed: 0' only tells the rows apart: left out" in index
    assert f"{MESSY!r}: 2 of 80 rows have no value in the target 'churned': left out" in rows
    kinds = {"patient": "str", "income": "float64", "smoker": "boolean", "visits": "float64"}
    assert {name: str(made.features[name].dtype) for name in kinds} == kinds


def test_what_is_dropped_and_what_groups_is_no_feature_and_what_orders_is():
    """`drop` and the column of `group:` go, the one of `time:` stays unless it is dropped too."""
    everything = {"patient", "joined", "city", "income", "smoker", "remark", "visits", "country"}
    for drop, split, gone in [
        (None, "auto", set()),
        ("remark, country", "group:patient", {"remark", "country", "patient"}),
        ("patient", "group:patient", {"patient"}),
        (None, "time:joined", set()),
        ("joined", "time:joined", {"joined"}),
    ]:
        assert set(of(data=MESSY, drop=drop, split=split, folds=2).features) == everything - gone


def test_the_last_column_is_the_last_of_those_that_are_left(tmp_path):
    """What is dropped, or splits, is no target."""
    data = write(tmp_path / "x.csv", a=range(40), b=[0, 1] * 20, c=[1, 0] * 20, d=range(40))
    assert of(data=data, drop="d").resolved.target == "c"
    assert of(data=data, drop="c", split="time:d").resolved.target == "b"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["yes", "no"] * 20, {"yes", "no"}),
        ([True, False] * 20, {True, False}),
        ([1, 2] * 20, {1, 2}),
        ([1, None, 2, 1] * 10, {1, 2}),
        ([True, None, False, True] * 10, {True, False}),
        (["x", None, "1", "x"] * 10, {"x", "1"}),
    ],
)
def test_labels_stay_what_they_are(tmp_path, labels, expected):
    """Text, booleans and whole numbers are predicted as such, whatever gaps between them made of their column."""
    made = of(data=write(tmp_path / "x.csv", x=range(40), label=labels), folds=2)
    assert set(made.target) == expected
    assert {type(label) for label in made.target.tolist()} == {type(label) for label in expected}


def test_numbers_keep_the_type_that_they_share(tmp_path):
    """A table of small floats is not made twice as big; a mixture gets the smallest type that has them all."""
    for kinds, expected in [(["float32"] * 2, "float32"), (["uint8"] * 2, "uint8"), (["int64", "float32"], "float64")]:
        frame = pd.DataFrame({f"x{n}": np.arange(40).astype(kind) for n, kind in enumerate(kinds)})
        frame["label"] = [0, 1] * 20
        frame.to_parquet(tmp_path / "x.parquet")
        made = of(data=str(tmp_path / "x.parquet"), folds=len(set(kinds)) + 1, seed=len(expected))
        assert {str(kind) for kind in made.features.dtypes} == {expected}
        assert made.shown.dtypes.tolist() == frame.drop(columns="label").dtypes.tolist()


@pytest.mark.e2e
@pytest.mark.parametrize("path", sorted(blocks.SINGLE))
def test_what_takes_float32_learns_the_same_from_it(path):
    """For estimators that make float32 of all numbers the block is of that type: no copy, and not one other answer."""
    module, _, name = path.rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    data = "diabetes" if name.endswith("Regressor") else "digits"
    predictions = []
    for paths in ([path], ["sklearn.svm.SVC"]):
        made = of(*paths, data=data)
        (fit, score), *_ = made.layout.splits
        fitted = kind(random_state=1).fit(made.features.iloc[fit], made.target.iloc[fit])
        predictions.append((str(made.features.dtypes.iloc[0]), fitted.predict(made.features.iloc[score]).tolist()))
    assert [kind for kind, _ in predictions] == ["float32", "float64"]
    assert predictions[0][1] == predictions[1][1]


def test_float32_is_for_those_alone_who_ask_for_it():
    """Examples in float32 are made anew for an estimator that goes by all digits; the other way round they serve."""
    single = of("auto")
    assert single.single
    assert of(next(iter(blocks.SINGLE))) is single
    double = of("sklearn.svm.SVC", "auto")
    assert not double.single
    assert of("auto") is double


def test_data_that_failed_are_not_read_again(tmp_path):
    """A second question about the same unusable data has the same answer, without the file."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n")
    first = problems_of(data=str(path))
    path.unlink()
    assert problems_of(data=str(path)) == first


# Each row: the columns of a file of 40 rows, the settings, what the one problem says.
UNUSABLE = {
    "one class": ({"x": range(40), "y": ["a"] * 40}, {}, ["'y'", "one value 'a' in all of its 40 rows"]),
    "no labels": ({"x": range(40), "y": [None] * 40}, {"target": "y"}, ["no row has a value in the target 'y'"]),
    "a class of one": (
        {"x": range(40), "y": ["a", "b"] * 19 + ["a", "c"]},
        {},
        ["the class 'c' of the target 'y' has one row", "leave such rows out", "give --split 'random'"],
    ),
    "classes of few": (
        {"x": range(8), "y": ["a", "b"] * 4},
        {},
        ["--folds 5: must be at most 3, the training rows of the largest class, 'a' of the target 'y'"],
    ),
    "no feature": ({"x": range(40), "y": [0, 1] * 20}, {"drop": "x"}, ["no feature is left beside 'y'"]),
    "no target": ({"x": range(40), "y": [0, 1] * 20}, {"drop": "x,y"}, ["no column is left for a target"]),
    "infinite": ({"x": [1.0, np.inf] * 20, "y": [0, 1] * 20}, {}, ["infinite values in 'x'", "--drop 'x'"]),
    "infinite target": ({"x": range(40), "y": [0.5, np.inf] * 20}, {}, ["the target 'y'", "infinite"]),
    "text as quantity": ({"x": range(40), "y": ["a", "b"] * 20}, {"task": "regression"}, ["'y'", "no numbers"]),
    "stratified quantity": ({"x": range(40), "y": range(40)}, {"split": "stratified"}, ["--split 'stratified'", "'y'"]),
    "gaps in groups": (
        {"x": range(40), "g": ["a", None] * 20, "y": [0, 1] * 20},
        {"split": "group:g"},
        ["--split 'group:g': 20 of 40 rows", "no value in 'g'"],
    ),
    "few groups": (
        {"x": range(40), "g": list("abcd") * 10, "y": [0, 1] * 20},
        {"split": "group:g"},
        ["--split 'group:g'", "has 4 groups, of which 3", "--folds 5 needs 5"],
    ),
    "no times": ({"t": ["a", "b"] * 20, "y": [0, 1] * 20}, {"split": "time:t"}, ["'time:t'", "such as 'a'"]),
    "mixed times": (
        {"t": ["2026-01-31", "1/31/2026"] * 20, "y": [0, 1] * 20},
        {"split": "time:t"},
        ["'time:t'", "write them as 2026-01-31"],
    ),
    "few times": ({"t": [1, 2, 3, 4] * 10, "y": [0, 1] * 20}, {"split": "time:t"}, ["'time:t'", "7 different times"]),
    "one class in the past": (
        {"t": range(40), "y": [0] * 20 + [1] * 20},
        {"split": "time:t"},
        ["--split 'time:t': fold 0 would fit on the one class '0' of 'y'"],
    ),
    "too many folds": ({"x": range(40), "y": range(40)}, {"folds": 17}, ["--folds 17: must be at most 16"]),
}


@pytest.mark.parametrize(("content", "settings", "parts"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_table_that_can_t_be_used_is_one_problem(tmp_path, content, settings, parts):
    """The problem names the file, the column and the remedy, where there is one."""
    (problem,) = problems_of(data=write(tmp_path / "x.csv", **content), **settings)
    assert f"{tmp_path}/x.csv" in problem or problem.startswith(("--folds 17", "--split 'stratified'"))
    for part in parts:
        assert part in problem


def test_all_columns_that_are_not_there_are_told_at_once():
    """Target, drop and split are looked up together, each with the nearest name."""
    target_, drop, split = problems_of(data=MESSY, target="churnd", drop="remrk", split="time:joind")
    assert "--target 'churnd'" in target_
    assert "(did you mean 'churned'?)" in target_
    assert "--drop 'remrk'" in drop
    assert "(did you mean 'remark'?)" in drop
    assert "--split 'time:joind'" in split
    assert "(did you mean 'joined'?)" in split


@pytest.mark.parametrize(
    "settings", [{"drop": "churned", "target": "churned"}, {"split": "group:churned", "target": "churned"}]
)
def test_the_target_can_t_be_something_else_too(settings):
    """A target that is dropped or splits is refused."""
    (problem,) = problems_of(data=MESSY, **settings)
    assert "is the target of" in problem


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2026-01-01", periods=40).strftime("%Y-%m-%d"),
        pd.date_range("2026-01-01", periods=40, freq="h").strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        pd.date_range("2026-01-01", periods=40).strftime("%d/%m/%Y"),
        pd.date_range("2026-01-01", periods=40).strftime("%d.%m.%Y"),
        np.arange(2000, 2040),
        np.linspace(0.5, 0.6, 40),
    ],
)
def test_dates_are_understood_however_they_are_written(tmp_path, times):
    """Numbers, dates, times with zones and days that come first sort as the time does, not as text."""
    order = np.random.default_rng(3).permutation(40)
    data = write(tmp_path / "x.csv", t=np.asarray(times)[order], number=order, y=[0, 1] * 20)
    made = of(data=data, split="time:t", folds=2)
    assert made.features["number"].tolist() == list(range(40))


@pytest.mark.parametrize("settings", [{"folds": 40}, {"test_size": 0.02}, {"test_size": 0.9, "folds": 1}])
def test_the_last_that_is_allowed_works(settings):
    """At the bounds of folds and test_size there is a split, and every fold has each class on both sides."""
    made = of(**settings)
    assert len(made.layout.splits) == settings.get("folds", 5)
    for fit, score in made.layout.splits:
        assert made.target.iloc[fit].nunique() == made.target.iloc[score].nunique() == 3


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        ([0, 1] * 2, "classification"),
        ([1970, 2026] * 7, "classification"),
        ([0, 1, 2] * 7, "classification"),
        ([0.0, 1.0], "classification"),
        ([-1, 0, 1] * 7, "classification"),
        (list(range(20)) * 7, "classification"),
        # A quantity: fractions, more values, a rare value, one that is left out, another first one.
        ([0.5, 1.0], "regression"),
        (list(range(21)) * 7, "regression"),
        ([0, 1, 2] * 6, "regression"),
        ([0, 1, 2, 4] * 7, "regression"),
        ([2, 3, 4] * 7, "regression"),
        (np.arange(21.0), "regression"),
    ],
)
def test_the_task_follows_from_the_target(values, task):
    """Text, booleans, two numbers, and up to 20 whole ones that follow each other from -1, 0 or 1 are classes."""
    assert target.task_of(target.clean(pd.Series(values))) == task


@pytest.mark.parametrize(
    ("values", "task", "says"),
    [
        ([0, 1, 2] * 14, "auto", "3 different whole numbers: taken for classes; a quantity: --task 'regression'"),
        ([3, 5, 9] * 14, "auto", "3 different whole numbers: taken for a quantity; classes: --task 'classification'"),
        (range(42), "auto", "42 different whole numbers: taken for a quantity; classes: --task 'classification'"),
        ([0, 1] * 21, "auto", None),
        ([0.5, 1, 2] * 14, "auto", None),
        (["a", "b", "c"] * 14, "auto", None),
        ([3, 5, 9] * 14, "regression", None),
    ],
)
def test_what_numbers_are_taken_for_is_said_if_it_was_guessed(tmp_path, values, task, says):
    """The note names the other task; there is none where no one would ask, or where the task is set."""
    notes = of(data=write(tmp_path / "x.csv", a=[0.5, 1.5] * 21, b=list(values)), task=task, folds=2).notes
    assert [says] * (says is not None) == [note.partition("'b' has ")[2] for note in notes]


def test_any_number_of_classes_is_taken_when_asked_for(tmp_path):
    """`task=classification` knows no most."""
    data = write(tmp_path / "x.csv", a=[0.5, 1.5] * 125, b=list(range(25)) * 10)
    assert of(data=data, task="classification").target.nunique() == 25


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (["Unnamed: 0"], 1),
        (["X"], 1),
        (["rownames"], 1),
        (["row.names"], 1),
        (["index"], 1),
        (["X", "Unnamed: 0"], 2),
        (["Unnamed: 0.1", "Unnamed: 0"], 2),
        (["id"], 0),
        (["x1"], 0),
    ],
)
@pytest.mark.parametrize("rows", [range(40), range(40, 0, -1), range(7, 287, 7), [f"car {n}" for n in range(40)]])
def test_columns_that_only_tell_rows_apart_are_left_out(tmp_path, names, left_out, rows):
    """Row numbers in any order, filtered, or row names, once or twice; a column of another name is kept."""
    data = write(tmp_path / "x.csv", **dict.fromkeys(names, rows), a=[0.5, 1.5] * 20, b=["x", "y"] * 20)
    made = of(data=data)
    assert list(made.features) == [*names[left_out:], "a"]
    about = [note for note in made.notes if "left out" in note]
    assert len(about) == bool(left_out)


@pytest.mark.parametrize(
    ("column", "settings"),
    [
        ({"X": [*range(39), 0]}, {}),  # a value stands twice
        ({"X": np.linspace(0, 1, 40)}, {}),  # a measure
        ({"index": range(40)}, {"split": "time:index"}),
        ({"c": [0.1, 0.2] * 20, "index": range(40)}, {}),  # not the first
    ],
)
def test_a_column_that_may_tell_something_is_kept(tmp_path, column, settings):
    """It has a value twice, or fractions, or a role, or stands elsewhere."""
    data = write(tmp_path / "x.csv", **column, a=[0.5, 1.5] * 20, b=["x", "y"] * 20)
    assert [*column, "a"] == list(of(data=data, folds=2, **settings).features)


def test_a_named_column_that_counts_is_asked_about(tmp_path):
    """It may be an id or a time; `drop` decides, and ends the question."""
    data = write(tmp_path / "x.csv", day=range(1, 41), a=[0.5, 1.5] * 20, b=["x", "y"] * 20)
    (note,) = of(data=data).notes
    assert note.endswith("the first column, 'day', counts the rows; if it is an id, leave it out with --drop 'day'")
    assert of(data=data, drop="day").notes == ()


def test_a_mark_among_numbers_is_a_missing_one(tmp_path):
    """It is told with its counts; the column is one of numbers."""
    data = write(tmp_path / "x.csv", a=[*map(str, range(39)), "?"], b=["x", "y"] * 20)
    made = of(data=data)
    assert made.features["a"].dtype == "float64"
    assert made.shown["a"].isna().sum() == 1
    (note,) = made.notes
    assert note.endswith("the column 'a' holds numbers, but for '?' in 1 of 40 rows: taken for missing")


def test_a_mark_among_a_target_s_numbers_is_a_question(tmp_path):
    """Its rows may be left out, or be a class: the task decides."""
    data = write(tmp_path / "x.csv", a=[0.5, 1.5] * 40, b=[*[f"{n}" for n in range(4)] * 19, *"----"])
    (problem,) = problems_of(data=data)
    assert "holds numbers, but for '-' in 4 of its 80 rows; with --task 'regression' these rows are left out" in problem
    assert len(set(of(data=data, task="regression").layout.order)) == 76
    assert set(of(data=data, task="classification", folds=2).target) == set("0123-")


def test_a_class_that_means_nothing_elsewhere_is_a_class(tmp_path):
    """Rows of it are kept; rows of no label are left out, and the note names the texts that stood there."""
    (tmp_path / "x.csv").write_text("a,b\n" + "1,None\n2,Apnea\n3,Insomnia\n" * 10 + "4,\n")
    made = of(data=str(tmp_path / "x.csv"))
    assert set(made.target) == {"None", "Apnea", "Insomnia"}
    (tmp_path / "y.csv").write_text("a,b\n" + "1,1.5\n2,2.5\n3,NA\n" * 10 + "4,\n")
    (note,) = of(data=str(tmp_path / "y.csv")).notes
    assert note.endswith("11 of 31 rows have no value in the target 'b' ('NA' in 10 of them): left out")


def test_an_empty_last_column_is_no_target(tmp_path):
    """The one before it is taken, and said; when it is named it is refused."""
    data = write(tmp_path / "x.csv", a=[0.5, 1.5] * 20, b=["x", "y"] * 20, c=[None] * 40)
    made = of(data=data)
    assert made.resolved.target == "b"
    assert made.notes[0].endswith("'c', the last column, is empty: 'b' is the target")
    assert "no row has a value in the target 'c'" in problems_of(data=data, target="c")[0]


def test_classes_that_may_be_one_are_named(tmp_path):
    """Blanks and capitals tell apart what was typed twice; other texts are other classes."""
    labels = ["yes", "Yes", "no", "no ", "n o", "yes", "Yes", "no", "no ", "n o"] * 4
    path = write(tmp_path / "x.csv", a=[n * 1.5 for n in range(40)], b=labels)
    made = of(data=path, folds=2)
    assert made.notes == (
        f"--data '{path}': classes of the target 'b' differ only in blanks or capitals: 'Yes' and 'yes', 'no' and "
        "'no '; if they are one, write them alike",
    )
    other = write(tmp_path / "y.csv", a=[n * 1.5 for n in range(40)], b=["yes", "no"] * 20)
    assert not of(data=other, folds=2).notes


@pytest.mark.parametrize("kind", ["float16", "float32", "uint8", "int8"])
def test_a_target_of_small_numbers_is_scored_in_large_ones(tmp_path, kind):
    """The square of 300 is more than a float16 holds."""
    rows = pd.DataFrame({"a": [n / 2 for n in range(100)], "b": np.arange(100).astype(kind)})
    rows.to_parquet(tmp_path / "x.parquet")
    made = of(data=str(tmp_path / "x.parquet"), folds=2)
    assert made.target.dtype in ("float64", "int64")


def test_a_target_of_names_is_told_as_such(tmp_path):
    """No class stands in two rows: other columns are named."""
    data = write(tmp_path / "x.csv", a=[0.5, 1.5] * 20, c=["x", "y"] * 20, b=[f"Jane {n}" for n in range(40)])
    (problem,) = problems_of(data=data)
    assert "has 40 different values in 40 rows, such as 'Jane 0': names, ids and dates are not classes" in problem
    assert problem.endswith("name another column with --target: a, c")


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_a_target_of_dates_is_told_as_such(tmp_path, form):
    """Also where some of them repeat, as the days of matches do; a few of them may be classes."""
    days = [day.strftime(form) for day in pd.date_range("2026-01-20", periods=30)]
    table = {"a": [0.5, 1.5] * 20, "b": [*days, *days[:10]]}
    (problem,) = problems_of(data=write(tmp_path / "x.csv", **table))
    assert f"holds 30 different dates in 40 rows, such as '{days[0]}': dates are not classes" in problem
    assert problem.endswith("name another column with --target: a")
    assert of(data=write(tmp_path / "y.csv", a=[0.5, 1.5] * 20, b=days[:2] * 20)).resolved.task == "classification"


def test_a_rare_class_is_scored_where_it_is_and_said(tmp_path):
    """It has fewer rows than there are folds; with one row, the sentence says what works, and it does."""
    data = write(tmp_path / "x.csv", a=[0.5, 1.5] * 20, b=[*["x", "y"] * 18, *"zzzz"])
    made = of(data=data)
    (note,) = made.notes
    assert note.endswith("with fewer training rows than the 5 folds, some of which lack them: 'z' (3)")
    data = write(tmp_path / "y.csv", a=[0.5, 1.5] * 20, b=[*["x", "y"] * 19, *"xz"])
    (problem,) = problems_of(data=data)
    assert "the class 'z' of the target 'b' has one row" in problem
    assert problem.endswith("leave such rows out, or give --split 'random'")
    assert len(of(data=data, split="random").layout.splits) == 5


@pytest.mark.parametrize(
    ("drop", "names"),
    [
        (None, ()),
        ("id", ("id",)),
        ("id,last name", ("id", "last name")),
        (" id , last name ", ("id", "last name")),
        ('id,"last, first"', ("id", "last, first")),
        ("id,,", ("id",)),
    ],
)
def test_names_to_drop_are_read(drop, names):
    """Commas part names; a name with a comma stands in quotes."""
    assert columns.dropped(drop) == names
