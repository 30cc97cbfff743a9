import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, make_scorer

from steps.errors import StepError
from steps.training import evaluate

# 60, 30 and 10 % of 200 rows.
CLASSES = pd.Series(np.repeat(["a", "b", "c"], [120, 60, 20]))
QUANTITY = pd.Series(np.linspace(0.0, 1.0, 200))
TARGETS = [pytest.param(CLASSES, True, id="classes"), pytest.param(QUANTITY, False, id="quantity")]


def shares(rows):
    return CLASSES.iloc[rows].value_counts(normalize=True).round(2).to_dict()


@pytest.mark.parametrize(("target", "classes"), TARGETS)
@pytest.mark.parametrize("test_size", [0.1, 0.2, 0.5])
def test_the_held_out_rows_are_disjoint_from_the_rest(target, classes, test_size):
    """Every row is either a training row or held out, in the share that was asked for, and not in the table's order."""
    train, held_out = evaluate.hold_out(target, classes=classes, test_size=test_size, seed=42)
    assert sorted([*train, *held_out]) == list(range(200))
    assert len(held_out) == 200 * test_size
    assert sorted(held_out) != list(held_out)


def test_classes_keep_their_shares():
    """For classes, the held-out rows, the training rows and every fold have the classes' shares."""
    train, held_out = evaluate.hold_out(CLASSES, classes=True, test_size=0.2, seed=42)
    expected = {"a": 0.6, "b": 0.3, "c": 0.1}
    assert shares(train) == shares(held_out) == expected
    for folds in (1, 4):
        for fit, score in evaluate.split(CLASSES.iloc[train], classes=True, folds=folds, seed=42):
            assert shares(train[fit]) == pytest.approx(expected, abs=0.02)
            assert shares(train[score]) == pytest.approx(expected, abs=0.02)


def listed(target, *, classes, folds, seed):
    pairs = evaluate.split(target, classes=classes, folds=folds, seed=seed)
    return [(list(fit), list(score)) for fit, score in pairs]


@pytest.mark.parametrize(("target", "classes"), TARGETS)
@pytest.mark.parametrize("folds", [1, 2, 5])
def test_the_same_seed_splits_the_same(target, classes, folds):
    """Held-out rows and folds are those of the seed, and another seed has others."""

    def held_out(seed):
        return list(evaluate.hold_out(target, classes=classes, test_size=0.2, seed=seed)[1])

    assert held_out(7) == held_out(7) != held_out(8)
    one, same, other = (listed(target, classes=classes, folds=folds, seed=seed) for seed in (7, 7, 8))
    assert one == same != other


@pytest.mark.parametrize(("target", "classes"), TARGETS)
@pytest.mark.parametrize("folds", [2, 5, 20])
def test_folds_part_the_rows(target, classes, folds):
    """Each row is scored in exactly one fold, and fitted on in all the others."""
    splits = listed(target, classes=classes, folds=folds, seed=1)
    assert len(splits) == folds
    assert sorted(row for _, score in splits for row in score) == list(range(200))
    for fit, score in splits:
        assert sorted([*fit, *score]) == list(range(200))


@pytest.mark.parametrize(("target", "classes"), TARGETS)
def test_one_fold_is_one_split(target, classes):
    """With folds=1 there is one split, which scores on a fifth of the rows, as five folds do."""
    ((fit, score),) = listed(target, classes=classes, folds=1, seed=1)
    assert sorted([*fit, *score]) == list(range(200))
    assert len(score) == 40


def test_each_fold_is_scored_by_a_fresh_fit_on_its_other_rows():
    """A fold's score is of a clone that saw the fit rows alone; the given estimator stays unfitted."""
    features = pd.DataFrame({"x": np.arange(4.0)})
    target = pd.Series([0.0, 2.0, 10.0, 20.0])
    splits = [(np.array([0, 1]), np.array([2])), (np.array([2, 3]), np.array([0]))]
    mean = DummyRegressor()
    found = list(evaluate.scores(mean, features, target, splits, get_scorer("neg_mean_absolute_error")))
    assert found == [-9.0, -15.0]
    assert not hasattr(mean, "constant_")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_an_error(bad):
    """A score of nan or infinity ends the training with the fold's number; scores before it have been given."""
    features, target = pd.DataFrame({"x": range(6)}), pd.Series([0, 1] * 3)
    scorer = make_scorer(lambda truth, _: bad if len(truth) == 2 else 0.5)
    splits = [(np.arange(3), np.arange(3, 6)), (np.arange(4), np.arange(4, 6))]
    found = evaluate.scores(DummyClassifier(), features, target, splits, scorer)
    assert next(found) == 0.5
    with pytest.raises(StepError, match=f"^fold 1: the score is {bad}, not a finite number$"):
        next(found)


@pytest.mark.parametrize("score", [0, 1.5, -3.0, np.float32(0.5), np.int64(2)])
def test_a_finite_score_is_a_plain_float(score):
    """Whatever number a scorer gives, the rest works with a float."""
    assert type(evaluate.finite(score, "fold 0")) is float
    assert evaluate.finite(score, "fold 0") == score
