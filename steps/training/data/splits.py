"""Which rows are held out, and which each fold fits and scores on: stratified, random, by groups or by time.

The rows are put in an order in which each of these sets is one slice, so that an estimator gets it without a copy.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    train_test_split,
)

# The share of the training rows that folds=1 scores on: that of one of five folds.
ONE_SPLIT_SHARE = 0.2


@dataclass(frozen=True)
class Layout:
    """The order in which rows are to be laid out, and slices of it.

    `order` has positions in the table. A training row may come several times in it, but once in `training`. `splits`
    has, for each fold of each repeat, the slices of its fit rows and of its score rows.
    """

    order: np.ndarray
    held_out: slice
    training: slice
    splits: tuple[tuple[slice, slice], ...]


@dataclass(frozen=True)
class Rows:
    """What a split is made from: the number of rows, and labels of them if the kind of split needs some.

    `classes`, `groups` and `times` have a value for each row, classes and groups as codes from 0. `times` sort as the
    time does.
    """

    count: int
    classes: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None


class CannotSplit(ValueError):
    """The rows can't be split; the message says why, as a part of a sentence."""


class TooFewRows(CannotSplit):
    """The classes have too few training rows for the folds: one of them for one split, each for several folds.

    `code` is the code of such a class in `classes`, of several folds that of the largest; `count` are its rows.
    """

    def __init__(self, code: int, count: int):
        super().__init__(f"class {code} has {count} training rows")
        self.code, self.count = code, count


def lay_out(
    rows: Rows, *, folds: int, test_size: float, seed: int, fold_seed: int | None = None, repeats: int = 1
) -> Layout:
    """Split off the held-out rows, and split the rest, the training rows, into folds, `repeats` times.

    Groups: none is on both sides of any split. Times: scored rows are later than fitted ones, and rows of one time stay
    together. Else the seed draws the rows, with the classes' shares if there are classes. Another `fold_seed` makes
    other folds of the same training rows. The first repeat's folds are those of a layout without repeats.
    A class of fewer training rows than folds is missing in some of them.
    Raises CannotSplit if there are too few rows; TooFewRows if the classes have too few. Times make the folds: there
    `fold_seed` and `repeats` change nothing.
    """
    if rows.times is not None:
        return _by_time(rows.times, folds=folds, test_size=test_size)
    try:
        training, held_out = _hold_out(rows, test_size, seed)
        _check(rows, training, folds)
        seeds = _seeds(seed if fold_seed is None else fold_seed, repeats)
        sets = [list(_folds(rows, training, folds, each)) for each in seeds]
    except CannotSplit:
        raise
    except ValueError as error:  # in scikit-learn's words, of its own arguments
        raise CannotSplit("there are too few for these folds") from error
    if any(len(fit) == 0 or len(score) == 0 for pairs in sets for fit, score in pairs) or len(held_out) == 0:
        raise CannotSplit("a fold would have no rows")
    first, *others = (_lay_out_folds(held_out, training, pairs) for pairs in sets)
    return _joined(first, others)


def _seeds(seed: int, repeats: int) -> list[int]:
    """Return a seed for the folds of each repeat: its own for the first one, others drawn from it."""
    drawn = (int(np.random.SeedSequence([seed, repeat]).generate_state(1)[0]) for repeat in range(1, repeats))
    return [seed, *drawn]


def _lay_out_folds(
    held_out: np.ndarray, training: np.ndarray, pairs: Sequence[tuple[np.ndarray, np.ndarray]]
) -> Layout:
    if len(pairs) == 1:
        ((fit, score),) = pairs
        return _one(held_out, training[fit], training[score])
    return _many(held_out, [training[score] for _, score in pairs])


def _joined(first: Layout, others: Sequence[Layout]) -> Layout:
    """Put the folds of other layouts, which hold out the same rows, behind those of the first."""
    order, splits = [first.order], list(first.splits)
    for other in others:
        by = sum(map(len, order)) - other.held_out.stop  # how far its rows move: those held out are there already
        order.append(other.order[other.held_out.stop :])
        splits += [(_moved(fit, by), _moved(score, by)) for fit, score in other.splits]
    return Layout(np.concatenate(order), first.held_out, first.training, tuple(splits))


def _moved(rows: slice, by: int) -> slice:
    return slice(rows.start + by, rows.stop + by)


def _check(rows: Rows, training: np.ndarray, folds: int) -> None:
    """Raise CannotSplit if scikit-learn, in words about its own arguments, would refuse the training rows."""
    counts = np.zeros(0, int) if rows.classes is None else np.bincount(rows.classes[training])
    if rows.groups is not None:
        if rows.classes is not None and 1 < folds > counts.max():
            raise CannotSplit(f"no class has {folds} training rows")
    elif folds == 1:
        _check_one_split(len(training), counts)
    elif rows.classes is not None and folds > counts.max():
        raise TooFewRows(int(counts.argmax()), int(counts.max()))


def _check_one_split(training: int, counts: np.ndarray) -> None:
    """Raise CannotSplit unless there is, on both sides, a row and one of each class."""
    scored, present = int(np.ceil(training * ONE_SPLIT_SHARE)), np.flatnonzero(counts)
    if training < 2:
        raise CannotSplit("one is left for training, and two are needed")
    if len(present) > 0 and counts[present].min() < 2:
        raise TooFewRows(int(present[counts[present].argmin()]), 1)
    if scored < len(present):
        raise CannotSplit(f"{scored} training rows to score on are fewer than the {len(present)} classes")


def _hold_out(rows: Rows, test_size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    positions = np.arange(rows.count)
    if rows.groups is not None:
        shuffle = GroupShuffleSplit(n_splits=1, test_size=test_size, random_state=seed)
        training, held_out = next(shuffle.split(positions, groups=rows.groups))
        # Shuffled, as `train_test_split` does: tables are often sorted, and some estimators go by the rows' order.
        return np.random.default_rng(seed).permutation(training), held_out
    training, held_out = train_test_split(
        positions, test_size=test_size, random_state=seed, shuffle=True, stratify=rows.classes
    )
    return training, held_out


def _folds(rows: Rows, training: np.ndarray, folds: int, seed: int) -> Any:
    classes = None if rows.classes is None else rows.classes[training]
    groups = None if rows.groups is None else rows.groups[training]
    splitter: Any
    if folds == 1 and groups is not None:
        splitter = GroupShuffleSplit(n_splits=1, test_size=ONE_SPLIT_SHARE, random_state=seed)
    elif folds == 1:
        one = ShuffleSplit if classes is None else StratifiedShuffleSplit
        splitter = one(n_splits=1, test_size=ONE_SPLIT_SHARE, random_state=seed)
    elif groups is not None:
        grouped = GroupKFold if classes is None else StratifiedGroupKFold
        splitter = grouped(n_splits=folds, shuffle=True, random_state=seed)
    else:
        many = KFold if classes is None else StratifiedKFold
        splitter = many(n_splits=folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds, which the caller tells in its own words.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        # The splitters read only the number of rows of the features: zeros stand for them.
        yield from splitter.split(np.zeros(len(training)), classes, groups)


def _one(held_out: np.ndarray, fit: np.ndarray, score: np.ndarray) -> Layout:
    a, b, c = np.cumsum([len(held_out), len(fit), len(score)]).tolist()
    order = np.concatenate([held_out, fit, score])
    return Layout(order, slice(0, a), slice(a, c), ((slice(a, b), slice(b, c)),))


def _many(held_out: np.ndarray, parts: Sequence[np.ndarray]) -> Layout:
    """Lay out the parts of k folds in a cycle of 2k - 2, so that the k - 1 parts each fold fits on lie side by side.

    Four parts lie as 1 2 3 0 1 2: fold 0 fits on 1 2 3, fold 1 on 2 3 0, fold 2 on 3 0 1, fold 3 on 0 1 2.
    """
    k = len(parts)
    cycle = [(place + 1) % k for place in range(2 * k - 2)]
    # bounds[i]: where the i-th part of the cycle begins
    bounds = np.cumsum([len(held_out), *(len(parts[part]) for part in cycle)]).tolist()
    order = np.concatenate([held_out, *(parts[part] for part in cycle)])
    splits = []
    for fold in range(k):
        own = cycle.index(fold)
        splits.append((slice(bounds[fold], bounds[fold + k - 1]), slice(bounds[own], bounds[own + 1])))
    return Layout(order, slice(0, bounds[0]), slice(bounds[0], bounds[k]), tuple(splits))


def _by_time(times: np.ndarray, *, folds: int, test_size: float) -> Layout:
    """Sort by time; hold out the last rows; each fold scores the rows that follow those it fits on."""
    order = np.argsort(times, kind="stable")
    # A boundary may lie behind the last row of each time.
    ends = np.flatnonzero(np.append(np.diff(pd.factorize(times[order])[0]) != 0, True)) + 1
    if len(ends) < folds + 2:
        raise CannotSplit(f"{folds + 2} different times are needed, and there are {len(ends)}")
    count = len(order)
    (training,) = _snap([count - int(np.ceil(count * test_size))], ends, first=folds + 1, last=1)
    within = ends[ends <= training]
    if folds == 1:
        wanted = [training - int(np.ceil(training * ONE_SPLIT_SHARE))]
    else:
        share = training // (folds + 1)
        wanted = [training - (folds - fold) * share for fold in range(folds)]
    cuts = [*_snap(wanted, within, first=1, last=1), training]
    pairs = tuple((slice(0, a), slice(a, b)) for a, b in pairwise(cuts))
    return Layout(order, slice(training, count), slice(0, training), pairs)


def _snap(wanted: Sequence[int], ends: np.ndarray, *, first: int, last: int) -> list[int]:
    """Move each wanted boundary to the nearest of `ends`, no two to the same.

    At least `first` times stay before the first boundary, and `last` times behind the last one.
    """
    indices: list[int] = []
    for number, position in enumerate(wanted):
        nearest = int(np.abs(ends - position).argmin())
        lowest = indices[-1] + 1 if indices else first - 1
        highest = len(ends) - 1 - last - (len(wanted) - 1 - number)
        indices.append(min(max(nearest, lowest), highest))
    return [int(ends[index]) for index in indices]
