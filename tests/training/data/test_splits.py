import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from steps.training.data import splits
from steps.training.data.splits import Rows

FOLDS = st.sampled_from([1, 2, 3, 5])
SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.sampled_from([0.1, 0.2, 0.4])
# 60, 30 and 10 % of 200 rows.
CLASSES = np.repeat([0, 1, 2], [120, 60, 20])


def labels(least, most, size):
    return st.lists(st.integers(least, most), min_size=size, max_size=200).map(np.array)


def lay_out(rows, folds, test_size, seed=0):
    try:
        return splits.lay_out(rows, folds=folds, test_size=test_size, seed=seed)
    except splits.CannotSplit:
        return None


def check(layout, count, folds):
    """What holds of any split: nothing is on two sides, every row is somewhere, every slice has rows."""
    held_out, training = layout.order[layout.held_out], layout.order[layout.training]
    assert sorted([*held_out, *training]) == list(range(count))
    assert len(layout.splits) == folds
    for fit, score in layout.splits:
        fitted, scored = set(layout.order[fit]), set(layout.order[score])
        assert fitted
        assert scored
        assert len(fitted) == fit.stop - fit.start
        assert len(scored) == score.stop - score.start
        assert not fitted & scored
        assert (fitted | scored) <= set(training)


def check_parts(layout):
    """What holds of folds: each training row is scored once and fitted on in all others."""
    training = sorted(layout.order[layout.training])
    assert sorted(row for _, score in layout.splits for row in layout.order[score]) == training
    for fit, score in layout.splits:
        assert sorted([*layout.order[fit], *layout.order[score]]) == training


@given(st.none() | labels(0, 2, 40), st.integers(40, 200), FOLDS, SHARES, SEEDS)
@hypothesis_settings(deadline=None)
def test_rows_are_parted_by_chance(classes, count, folds, test_size, seed):
    """Held-out rows, fit rows and score rows never meet, with classes and without; each fold scores its own."""
    rows = Rows(count) if classes is None else Rows(len(classes), classes)
    layout = lay_out(rows, folds, test_size, seed)
    if layout is not None:
        check(layout, rows.count, folds)
        check_parts(layout) if folds > 1 else None
        again = lay_out(rows, folds, test_size, seed)
        assert again is not None
        assert list(again.order) == list(layout.order)
    else:
        assert classes is not None  # too few of one
        assert np.unique(classes, return_counts=True)[1].min() <= folds * 2


@given(labels(0, 30, 30), st.none() | st.integers(2, 3), FOLDS, SHARES, SEEDS)
@hypothesis_settings(deadline=None)
def test_no_group_is_on_two_sides(groups, kinds, folds, test_size, seed):
    """A group is held out, fitted on or scored, as a whole."""
    classes = None if kinds is None else np.arange(len(groups)) % kinds
    layout = lay_out(Rows(len(groups), classes, groups), folds, test_size, seed)
    if layout is None:
        assert len(set(groups)) < 20 or classes is not None
        return
    check(layout, len(groups), folds)
    check_parts(layout) if folds > 1 else None
    sides = [(layout.held_out, layout.training), *layout.splits]
    for one, other in sides:
        assert not set(groups[layout.order[one]]) & set(groups[layout.order[other]])


@given(labels(0, 60, 8), FOLDS, SHARES)
@hypothesis_settings(deadline=None)
def test_the_past_predicts_the_future(times, folds, test_size):
    """All that is scored is later than all that is fitted, and what is held out later than both; no fold overlaps."""
    layout = lay_out(Rows(len(times), times=times), folds, test_size)
    if layout is None:
        assert len(set(times)) < folds + 2
        return
    check(layout, len(times), folds)
    at = times[layout.order]
    assert at[layout.training].max() < at[layout.held_out].min()
    for fit, score in layout.splits:
        assert at[fit].max() < at[score].min()
    scored = [row for _, score in layout.splits for row in layout.order[score]]
    assert len(scored) == len(set(scored))


@pytest.mark.parametrize("folds", [1, 2, 5])
def test_without_ties_time_is_split_as_scikit_learn_does(folds):
    """With a time for each row the folds are TimeSeriesSplit's, on the first four fifths of the rows."""
    from sklearn.model_selection import TimeSeriesSplit

    times = np.random.default_rng(0).permutation(100)
    layout = splits.lay_out(Rows(100, times=times), folds=folds, test_size=0.2, seed=0)
    assert list(times[layout.order]) == list(range(100))
    bounds = [(fit.stop, score.start, score.stop) for fit, score in layout.splits]
    if folds == 1:
        assert bounds == [(64, 64, 80)]
    else:
        expected = TimeSeriesSplit(folds).split(np.zeros(80))
        assert bounds == [(fit[-1] + 1, score[0], score[-1] + 1) for fit, score in expected]


def test_few_times_are_enough_for_as_many_folds():
    """Folds + 2 times of any size can be split, and one less can't."""
    times = np.repeat(np.arange(7), [1, 1, 50, 1, 1, 1, 40])
    assert lay_out(Rows(len(times), times=times), 5, 0.2) is not None
    with pytest.raises(splits.CannotSplit, match="8 different times are needed, and there are 7"):
        splits.lay_out(Rows(len(times), times=times), folds=6, test_size=0.2, seed=0)


def test_classes_keep_their_shares():
    """For classes, the held-out rows, the training rows and every fold have the classes' shares."""
    for folds in (1, 4):
        layout = splits.lay_out(Rows(200, CLASSES), folds=folds, test_size=0.2, seed=42)
        for rows in (layout.held_out, layout.training, *(part for pair in layout.splits for part in pair)):
            shares = np.bincount(CLASSES[layout.order[rows]]) / (rows.stop - rows.start)
            assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.02)


def test_the_largest_class_bounds_the_folds():
    """As many folds as the largest class has training rows, and not one more; a rarer class is missing in some."""
    layout = splits.lay_out(Rows(200, CLASSES), folds=96, test_size=0.2, seed=42)
    assert len(layout.splits) == 96
    with pytest.raises(splits.TooFewRows) as caught:
        splits.lay_out(Rows(200, CLASSES), folds=97, test_size=0.2, seed=42)
    assert (caught.value.code, caught.value.count) == (0, 96)


@pytest.mark.parametrize("rows", [Rows(200), Rows(200, CLASSES), Rows(200, groups=np.arange(200) // 4)])
@pytest.mark.parametrize("folds", [1, 2, 5])
def test_the_rows_are_not_in_the_table_s_order_and_another_seed_has_another(rows, folds):
    """Tables are often sorted, and some estimators go by the order of their rows."""
    one, other = (splits.lay_out(rows, folds=folds, test_size=0.2, seed=seed) for seed in (7, 8))
    training = list(one.order[one.training])
    assert training != sorted(training)
    assert set(one.order[one.held_out]) != set(other.order[other.held_out])


@pytest.mark.parametrize("folds", [2, 4, 10])
def test_folds_take_at_most_twice_their_rows(folds):
    """The layout holds 2k - 2 of k parts, so that it stays below two tables."""
    layout = splits.lay_out(Rows(1000), folds=folds, test_size=0.2, seed=0)
    assert len(layout.order) == 200 + 800 // folds * (2 * folds - 2)


@pytest.mark.parametrize("rows", [Rows(200), Rows(200, CLASSES), Rows(200, groups=np.arange(200) // 4)])
@pytest.mark.parametrize("folds", [1, 2, 5])
def test_repeats_are_other_folds_of_the_same_rows(rows, folds):
    """The first are those without repeats; each repeat scores the training rows otherwise, and none a held-out one."""
    one, three = (splits.lay_out(rows, folds=folds, test_size=0.2, seed=7, repeats=repeats) for repeats in (1, 3))
    assert (three.held_out, three.training, three.splits[:folds]) == (one.held_out, one.training, one.splits)
    assert list(three.order[: len(one.order)]) == list(one.order)
    check(three, rows.count, 3 * folds)
    sets = [three.splits[start : start + folds] for start in range(0, 3 * folds, folds)]
    scored = [tuple(frozenset(three.order[score]) for _, score in each) for each in sets]
    assert len(set(scored)) == 3
    for each in sets:
        check_parts(splits.Layout(three.order, three.held_out, three.training, each)) if folds > 1 else None
    two = splits.lay_out(rows, folds=folds, test_size=0.2, seed=7, repeats=2)
    assert three.splits[: 2 * folds] == two.splits


def test_the_fresh_folds_of_a_confirmation_are_in_no_repeat():
    """The next seed draws them, and so draws other ones than a repeat of this seed."""
    seen: set[frozenset[int]] = set()
    for fold_seed in (42, 43):
        layout = splits.lay_out(Rows(200), folds=5, test_size=0.2, seed=42, fold_seed=fold_seed, repeats=3)
        seen |= {frozenset(layout.order[score].tolist()) for _, score in layout.splits}
    assert len(seen) == 30
