import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from steps.parameters.settings import TrainSettings
from steps.training.data import examples, hints

ROWS = 300
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=ROWS)
WAGE = RANDOM.lognormal(size=ROWS)


def found(path, settings=None, **columns):
    """The hints on a table."""
    pd.DataFrame(columns).to_csv(path / "x.csv", index=False)
    return list(hints.find(examples.get(TrainSettings(data=str(path / "x.csv"), **(settings or {})), ["x"])))


@pytest.mark.parametrize(
    ("column", "target", "says"),
    [
        (np.log(WAGE), WAGE, "'c' alone predicts 'y' at r2 "),
        (WAGE * 100, WAGE, "'c' alone predicts 'y' at r2 "),
        (
            np.where(NOISE > 0, "late", "on time"),
            np.where(NOISE > 0, "yes", "no"),
            "'c' alone predicts 'y' at balanced",
        ),
        (NOISE, np.where(NOISE > 0, "yes", "no"), "'c' alone predicts 'y' at balanced accuracy "),
    ],
)
def test_a_column_that_knows_the_target_is_named(tmp_path, column, target, says):
    """A copy of it, in other units or words, at 0.98 or more; the hint says how to leave it out."""
    (hint,) = found(tmp_path, c=column, other=NOISE[::-1], y=target)
    assert hint.startswith(says)
    assert hint.endswith("leave it out with --drop 'c' if it is not known beforehand")


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (WAGE + RANDOM.normal(size=ROWS), WAGE),
        (NOISE[::-1], np.where(NOISE > 0, "yes", "no")),
        (NOISE, np.where(np.arange(ROWS) % 100 == 0, "rare", "usual")),  # 0.99 of the rows are right by always "usual"
        ([f"name {number}" for number in range(ROWS)], WAGE),
    ],
)
def test_a_column_that_only_helps_is_not(tmp_path, column, target):
    """Neither a good feature nor a rare class nor names give a hint."""
    assert found(tmp_path, c=column, y=target) == []


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (np.where(np.arange(ROWS) % 9 == 0, -999, WAGE), "-999 in 'c'"),
        (np.where(np.arange(ROWS) % 9 == 0, -9, np.arange(ROWS) % 100), "-9 in 'c'"),
        (np.where(np.arange(ROWS) % 9 == 0, 9999, NOISE), "9999 in 'c'"),
        (np.where(np.arange(ROWS) % 9 == 0, -99, np.arange(ROWS) % 30 - 15), "-99 in 'c'"),
    ],
)
def test_a_number_for_a_missing_one_is_asked_about(tmp_path, column, code):
    """Where it stands apart from all others; in the target too."""
    (hint,) = found(tmp_path, c=column, y=WAGE)
    assert hint == f"{code} stands apart from all other values: if it means a missing one, leave it empty"
    (hint,) = found(tmp_path, x=NOISE[::-1], c=column.astype(float) + 0.0, settings={"task": "regression"})
    assert hint.startswith(code)


@pytest.mark.parametrize(
    "column",
    [
        np.arange(ROWS) % 120,  # 99 among its like
        np.where(np.arange(ROWS) % 3 == 0, 99, 92 + np.arange(ROWS) % 4),  # years
        np.where(np.arange(ROWS) % 9 == 0, -9, np.arange(ROWS) % 100 - 50),
        np.where(np.arange(ROWS) == 9, -999, WAGE),  # a single one
        np.where(np.arange(ROWS) % 9 == 0, -998.5, WAGE),
    ],
)
def test_a_number_among_its_like_is_a_value(tmp_path, column):
    """So is one that stands apart once, and one that nobody means by it."""
    assert found(tmp_path, c=column, y=WAGE[::-1]) == []


def test_subjects_and_times_are_told_beside_random_folds_alone(tmp_path):
    """Rows of one patient, and a year; with the split that fits there is no such hint."""
    table = {"patient_id": np.arange(ROWS) // 6, "year": 2000 + np.arange(ROWS) % 20, "x": NOISE, "y": WAGE}
    group, time = found(tmp_path, **table)
    assert "--split 'group:patient_id'" in group
    assert "--split 'time:year'" in time
    assert found(tmp_path, {"split": "group:patient_id"}, **table) == []
    assert found(tmp_path, {"split": "time:year"}, **table) == []
    assert found(tmp_path, patient_id=np.arange(ROWS) * 7 % 1000, x=NOISE, y=WAGE) == []


def test_a_wide_table_takes_no_longer(tmp_path):
    """There is a bound in seconds, and it holds for thousands of columns."""
    columns = {f"c{number}": RANDOM.normal(size=ROWS) for number in range(2000)}
    pd.DataFrame({**columns, "y": WAGE}).to_parquet(tmp_path / "wide.parquet")
    rows = examples.get(TrainSettings(data=str(tmp_path / "wide.parquet")), ["x"])
    assert list(hints.find(rows)) == []


LATER = np.arange(ROWS)
OTHERWISE = "another split or test_size may hold out others"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            np.where(LATER < 200, NOISE, 5.0),
            "all held-out rows have the y 5.0, so scores on them say little: " + OTHERWISE,
        ),
        (
            np.where((LATER < 200) & (NOISE > 0), "no", "yes"),
            "all held-out rows have the y 'yes', so scores on them say little: " + OTHERWISE,
        ),
        (
            np.where(LATER < 250, np.where(NOISE > 0, "a", "b"), np.where(NOISE > 0, "new", "b")),
            "no training row has the class 'new' of the held-out rows: " + OTHERWISE,
        ),
        (np.where(NOISE > 0, "yes", "no"), None),
        (NOISE, None),
    ],
)
def test_held_out_rows_that_tell_little_are_told(tmp_path, target, says):
    """The latest ones have one value alone, or a class that was not there before."""
    hints_ = found(tmp_path, {"split": "time:day"}, day=LATER, x=NOISE[::-1], y=target)
    assert hints_ == ([] if says is None else [says])


@pytest.mark.parametrize(("scale", "is_told"), [(1e-9, True), (1e-3, False), (1e9, False)])
def test_a_quantity_that_trees_take_for_constant_is_told(tmp_path, scale, is_told):
    """Its variance is below what they split by: the forest would predict the mean."""
    hints_ = found(tmp_path, x=NOISE[::-1], y=scale * NOISE)
    said = (
        "the target 'y' varies by 1e-09 (standard deviation): scikit-learn's trees take a variance below 2e-16 for none"
    )
    assert [hint.partition(";")[0] for hint in hints_] == [said] * is_told
    depth = DecisionTreeRegressor().fit(NOISE[:, None], scale * NOISE).get_depth()
    assert (depth < 2) == is_told
