"""A table and the settings become a layout of its rows, or one sentence."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training.data import folding

# Of its arguments, which nobody has given, or of causes that it does not know.
SCIKIT_LEARNS_WORDS = re.compile(r"n_splits|n_samples|train_size|test_size=|members|too few for these folds")
DAYS = pd.Series(pd.date_range("2026-01-01", periods=100))


def lay_out(frame, target, **changed):
    """Lay out a table by settings in which nothing is `auto` but the seed of the folds."""
    chosen = TrainSettings(**{"data": "x.csv", "split": "random", "task": "regression", **changed})
    return folding.lay_out(frame, pd.Series(target, name="y"), chosen)


def table(rows=100, **columns):
    """Return a table of so many rows: a number that counts them, and what is added."""
    return pd.DataFrame({"x": range(rows), **columns})


def classes_of(*counts):
    """Return a, a, …, b, …: so many of each."""
    return [label for label, count in zip("abcdefgh", counts, strict=False) for _ in range(count)]


# --- refusals


@pytest.mark.parametrize(
    ("frame", "target", "changed", "sentence"),
    [
        pytest.param(
            table(41),
            classes_of(40, 1),
            {"split": "stratified", "task": "classification"},
            "--data 'x.csv': the class 'b' of the target 'y' has one row, which can't be on both sides "
            "of a split: leave such rows out, or give --split 'random'",
            id="a class of one row",
        ),
        pytest.param(
            table(43),
            classes_of(40, 1, 1, 1),
            {"split": "stratified", "task": "classification", "folds": 1},
            "--data 'x.csv': the class 'b' of the target 'y' has one row, and so have 2 more, which "
            "can't be on both sides of a split: leave such rows out, or give --split 'random'",
            id="classes of one row",
        ),
        pytest.param(
            table(100),
            classes_of(90, 10),
            {"split": "stratified", "task": "classification", "folds": 73},
            "--folds 73: must be at most 72, the training rows of the largest class, 'a' of the target 'y' in x.csv",
            id="more folds than the largest class has training rows",
        ),
        pytest.param(
            table(100),
            range(100),
            {"folds": 41},
            "--folds 41: must be at most 40, half of the training rows",
            id="fewer than two rows a fold",
        ),
        pytest.param(
            table(100, day=DAYS),
            range(100),
            {"split": "time:day", "repeats": 3},
            "--repeats 3: must be 1 with --split 'time:day': the times make the folds",
            id="other folds of times",
        ),
        pytest.param(
            table(20),
            classes_of(5, 5, 5, 5),
            {"split": "stratified", "task": "classification", "test_size": 0.1},
            "--test_size 0.1: 2 of 20 rows of x.csv held out leave a class without a row on one side: "
            "there are 4 classes; from 0.2 to 0.8, or --split 'random'",
            id="fewer held-out rows than classes",
        ),
        pytest.param(
            table(20),
            classes_of(5, 5, 5, 5),
            {"split": "stratified", "task": "classification", "test_size": 0.9},
            "--test_size 0.9: 18 of 20 rows of x.csv held out leave a class without a row on one side: "
            "there are 4 classes; from 0.2 to 0.8, or --split 'random'",
            id="fewer training rows than classes",
        ),
        pytest.param(
            table(3),
            range(3),
            {"test_size": 0.99, "folds": 1},
            "--test_size 0.99: 3 of 3 rows of x.csv held out leave one side without rows",
            id="no training rows",
        ),
        pytest.param(
            table(100, g=[None, *range(99)]),
            range(100),
            {"split": "group:g"},
            "--split 'group:g': 1 of 100 rows of x.csv have no value in 'g'; fill them, or leave those rows out",
            id="a gap among the groups",
        ),
        pytest.param(
            table(100, g=np.arange(100) % 5),
            range(100),
            {"split": "group:g"},
            "--split 'group:g': x.csv has 5 groups, of which 4 are left for training by --test_size 0.2; --folds 5 "
            "needs 5",
            id="fewer groups than folds",
        ),
        pytest.param(
            table(100, g=np.arange(100) % 2),
            range(100),
            {"split": "group:g", "folds": 1},
            "--split 'group:g': x.csv has 2 groups, of which 1 are left for training by --test_size 0.2; --folds 1 "
            "needs 2",
            id="one group for training",
        ),
        pytest.param(
            table(100, t=[None, None, *range(98)]),
            range(100),
            {"split": "time:t"},
            "--split 'time:t': 2 of 100 rows of x.csv have no value in 't'; fill them, or leave those rows out",
            id="gaps among the times",
        ),
        pytest.param(
            table(4, t=["2026-01-31", "31.1.2026", "2026-02-01", "2026-02-02"]),
            range(4),
            {"split": "time:t", "folds": 1},
            "--split 'time:t': not all of 't' in x.csv are numbers or dates of one form, such as '2026-01-31'; write "
            "them as 2026-01-31 or 2026-01-31T13:00:00",
            id="dates of two forms",
        ),
        pytest.param(
            table(4, t=["soon", "later", "2026-02-01", "never"]),
            range(4),
            {"split": "time:t", "folds": 1},
            "--split 'time:t': not all of 't' in x.csv are numbers or dates of one form, such as 'soon'; write them as "
            "2026-01-31 or 2026-01-31T13:00:00",
            id="no dates",
        ),
        pytest.param(
            table(100, t=np.arange(100) % 6),
            range(100),
            {"split": "time:t"},
            "--split 'time:t': the rows of x.csv can't be split: 7 different times are needed, and there are 6; lower "
            "--folds",
            id="fewer times than folds need",
        ),
        pytest.param(
            table(100, t=np.arange(100) % 2),
            range(100),
            {"split": "time:t", "folds": 1},
            "--split 'time:t': the rows of x.csv can't be split: 3 different times are needed, and there are 2; lower "
            "--test_size",
            id="two times",
        ),
        pytest.param(
            table(2),
            range(2),
            {"test_size": 0.5, "folds": 1},
            "--folds 1: the rows of x.csv can't be split: one is left for training, and two are needed; lower "
            "--test_size",
            id="one training row",
        ),
        pytest.param(
            table(6),
            classes_of(4, 2),
            {"split": "stratified", "task": "classification", "test_size": 0.5, "folds": 1},
            "--folds 1: needs two training rows of each class, to fit on and to score on, and 'b' of the target 'y' in "
            "x.csv has one; lower --test_size, take more --folds, or give --split 'random'",
            id="a class of one training row",
        ),
        pytest.param(
            table(20),
            classes_of(4, 4, 4, 4, 4),
            {"split": "stratified", "task": "classification", "test_size": 0.25, "folds": 1},
            "--folds 1: the rows of x.csv can't be split: 3 training rows to score on are fewer than the 5 classes; "
            "lower --test_size",
            id="fewer rows to score on than classes",
        ),
        pytest.param(
            table(30, g=range(30)),
            classes_of(10, 10, 10),
            {"split": "group:g", "task": "classification", "folds": 12},
            "--split 'group:g': the rows of x.csv can't be split: no class has 12 training rows; lower --folds",
            id="more folds than a class has training rows, in groups",
        ),
        pytest.param(
            table(100, t=DAYS),
            classes_of(50, 50),
            {"split": "time:t", "task": "classification"},
            "--split 'time:t': fold 0 would fit on the one class 'a' of 'y' in x.csv; lower --folds, or split "
            "otherwise",
            id="one class in a fold's fit rows",
        ),
        pytest.param(
            table(8, t=range(8)),
            range(8),
            {"split": "time:t", "folds": 3},
            "--split 'time:t': fold 0 would score on one row of x.csv; lower --folds",
            id="one row in a fold's score rows",
        ),
    ],
)
def test_what_can_t_be_split_is_refused_in_one_sentence(frame, target, changed, sentence):
    """It names the setting, its value, the file, what is wrong and what helps."""
    with pytest.raises(WrongValue) as caught:
        lay_out(frame, target, **changed)
    assert caught.value.problems == (sentence,)


# --- layouts that pass


@pytest.mark.parametrize(
    ("frame", "target", "changed"),
    [
        pytest.param(table(), range(100), {"folds": 40}, id="two rows a fold"),
        pytest.param(table(), classes_of(95, 4, 1), {"task": "classification"}, id="a class of one row, at random"),
        pytest.param(
            table(),
            classes_of(90, 10),
            {"split": "stratified", "task": "classification", "folds": 8},
            id="as many folds as the rarest class has training rows",
        ),
        pytest.param(
            table(12),
            classes_of(4, 4, 4),
            {"split": "stratified", "task": "classification", "test_size": 0.25, "folds": 2},
            id="a held-out row for each class",
        ),
        pytest.param(table(g=np.arange(100) % 7), range(100), {"split": "group:g"}, id="as many groups as needed"),
        pytest.param(table(g=[*"abcd"] * 25), range(100), {"split": "group:g", "folds": 1}, id="groups of text"),
        pytest.param(
            table(g=np.arange(100) // 2),
            classes_of(50, 50),
            {"split": "group:g", "task": "classification"},
            id="groups of classes",
        ),
        pytest.param(table(t=np.arange(100) % 7), range(100), {"split": "time:t"}, id="as many times as needed"),
        pytest.param(
            table(t=DAYS), [*"ab"] * 50, {"split": "time:t", "task": "classification"}, id="both classes in each fold"
        ),
    ],
)
def test_what_is_just_enough_is_split(frame, target, changed):
    """Every row is held out or for training, and no slice is empty."""
    layout = lay_out(frame, target, **changed)
    held_out, training = layout.order[layout.held_out], layout.order[layout.training]
    assert sorted([*held_out, *set(training)]) == list(range(len(frame)))
    assert len(layout.splits) == changed.get("folds", 5)
    assert all(rows.stop > rows.start for pair in layout.splits for rows in (*pair, layout.held_out))


@pytest.mark.parametrize(
    "times",
    [
        range(100),
        DAYS,
        DAYS.dt.tz_localize("Europe/Berlin"),
        DAYS.dt.strftime("%Y-%m-%d"),
        DAYS.dt.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        DAYS.dt.strftime("%d.%m.%Y"),
        DAYS.dt.strftime("%m/%d/%Y"),
        DAYS.dt.strftime("%d %b %Y"),
    ],
    ids=["numbers", "dates", "dates of a zone", "ISO", "ISO with an offset", "day first", "month first", "by name"],
)
def test_times_of_any_form_are_put_in_order(times):
    """Numbers, dates and text that says dates sort as the time does, whatever the order of the rows."""
    shuffled = np.random.default_rng(0).permutation(100)
    frame = pd.DataFrame({"x": shuffled, "t": pd.Series(times).take(shuffled).reset_index(drop=True)})
    layout = lay_out(frame, range(100), split="time:t")
    assert list(shuffled[layout.order]) == list(range(100))
    assert layout.training == slice(0, 80)


@pytest.mark.parametrize("split", ["random", "stratified", "group:g", "time:x"])
def test_other_folds_of_the_same_training_rows(split):
    """`fold_seed` changes the folds, but for those by time, and never which rows are held out."""
    frame, target = table(g=np.arange(100) // 4), [*"ab"] * 50
    first, same, other = (
        lay_out(frame, target, split=split, task="classification", fold_seed=seed) for seed in ("auto", 42, 7)
    )
    assert list(first.order) == list(same.order)
    assert set(first.order[first.held_out]) == set(other.order[other.held_out])
    assert (list(first.order) == list(other.order)) is (split == "time:x")


# --- what holds of every layout


@st.composite
def tables(draw):
    """Draw a table with a group and a time for each row, a target of its task, and settings."""
    rows, seed = draw(st.integers(10, 150)), draw(st.integers(0, 2**16))
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": range(rows),
            "g": random.integers(draw(st.integers(1, 40)), size=rows),
            "t": random.integers(draw(st.integers(1, 80)), size=rows),
        }
    )
    kind = draw(st.sampled_from(["random", "stratified", "group:g", "time:t"]))
    classes = kind == "stratified" or draw(st.booleans())
    labels = random.integers(draw(st.integers(2, 4)), size=rows)
    changed = {
        "split": kind,
        "task": "classification" if classes else "regression",
        "folds": draw(st.sampled_from([1, 2, 3, 5, 9])),
        "test_size": draw(st.sampled_from([0.05, 0.2, 0.5, 0.9])),
        "seed": seed,
    }
    return frame, labels if classes else random.normal(size=rows), changed


@given(tables())
@settings(deadline=None, max_examples=150)
def test_no_row_group_or_time_is_on_two_sides(drawn):
    """Held-out rows and training rows, fit rows and score rows are disjoint, or the table is refused in a sentence."""
    frame, target, changed = drawn
    try:
        layout = lay_out(frame, target, **changed)
    except WrongValue as error:
        (sentence,) = error.problems
        assert sentence.startswith("--")
        assert "\n" not in sentence
        assert not SCIKIT_LEARNS_WORDS.search(sentence)
        return
    held_out, training = layout.order[layout.held_out], layout.order[layout.training]
    assert sorted([*held_out, *training]) == list(range(len(frame)))
    assert len(layout.splits) == changed["folds"]
    sides = [(training, held_out), *((layout.order[fit], layout.order[score]) for fit, score in layout.splits)]
    for fit, score in sides:
        assert len(fit) > 0
        assert len(score) > 0
        assert not set(fit) & set(score)
        assert set(fit) <= set(training)
        if changed["split"] == "group:g":
            assert not set(frame["g"].iloc[fit]) & set(frame["g"].iloc[score])
        if changed["split"] == "time:t":
            assert frame["t"].iloc[fit].max() < frame["t"].iloc[score].min()
    for fit, score in sides[1:]:
        assert set(score) <= set(training)
        if changed["task"] == "classification":
            assert len(set(np.asarray(target)[fit])) > 1
        elif changed["folds"] > 1:
            assert len(score) > 1
    if changed["split"] == "stratified":
        assert set(target[training]) == set(target)
