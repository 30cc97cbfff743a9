"""Which rows are held out, and which each fold fits and scores on: stratified, random, by groups or by time.

The rows are laid out so that every such set is one slice, and its rows can be handed out without a copy of them.
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

# folds=1: the share of the training rows that the one split scores on, as five folds have it.
ONE_SPLIT_SHARE = 0.2


@dataclass(frozen=True)
class Layout:
    """Rows in the order in which they are to be laid out, and the slices of it.

    `order` has positions in the table; a training row may come twice in it. `splits` has (fit rows, score rows) of each
    fold; `training` are all training rows, each once.
    """

    order: np.ndarray
    held_out: slice
    training: slice
    splits: tuple[tuple[slice, slice], ...]


@dataclass(frozen=True)
class Rows:
    """What a split is made from: the number of rows and, each where the kind of split needs it, their labels.

    `classes`, `groups` and `times` have a value for each row; `times` sort as the time does.
    """

    count: int
    classes: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None


class TooFewRows(ValueError):
    """A class has fewer training rows than there are folds: its code in `classes`, and how many it has."""

    def __init__(self, code: int, count: int):
        super().__init__(f"class {code} has {count} training rows")
        self.code, self.count = code, count


def lay_out(rows: Rows, *, folds: int, test_size: float, seed: int, fold_seed: int | None = None) -> Layout:
    """Split off the held-out rows, and the rest into folds; `fold_seed` makes other folds of the same rest.

    With groups, none is on both sides of any split. With times, what is scored is later than what is fitted, and rows
    of one time are on one side. Else rows are drawn by the seed, with the classes' shares where there are classes.
    Raises ValueError, in one sentence, where the rows do not suffice; TooFewRows where those of a class do not.
    """
    if rows.times is not None:
        return _by_time(rows.times, folds=folds, test_size=test_size)
    training, held_out = _hold_out(rows, test_size, seed)
    if rows.classes is not None and rows.groups is None:
        counts = np.bincount(rows.classes[training])
        if folds > max(counts.min(), 1):
            raise TooFewRows(int(counts.argmin()), int(counts.min()))
    pairs = list(_folds(rows, training, folds, seed if fold_seed is None else fold_seed))
    if any(len(fit) == 0 or len(score) == 0 for fit, score in pairs) or len(held_out) == 0:
        raise ValueError("a fold would have no rows")
    if folds == 1:
        ((fit, score),) = pairs
        return _one(held_out, training[fit], training[score])
    return _many(held_out, [training[score] for _, score in pairs])


def _hold_out(rows: Rows, test_size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    everyone = np.arange(rows.count)
    if rows.groups is not None:
        shuffle = GroupShuffleSplit(n_splits=1, test_size=test_size, random_state=seed)
        training, held_out = next(shuffle.split(everyone, groups=rows.groups))
        # As below: an estimator may go by the order of its rows, and a table often has one.
        return np.random.default_rng(seed).permutation(training), held_out
    training, held_out = train_test_split(
        everyone, test_size=test_size, random_state=seed, shuffle=True, stratify=rows.classes
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
        # Of a class with fewer rows than folds: with groups there may be nothing better.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        # The splitters look at the number of rows alone: a column of zeros stands for the features.
        yield from splitter.split(np.zeros(len(training)), classes, groups)


def _one(held_out: np.ndarray, fit: np.ndarray, score: np.ndarray) -> Layout:
    a, b, c = np.cumsum([len(held_out), len(fit), len(score)]).tolist()
    order = np.concatenate([held_out, fit, score])
    return Layout(order, slice(0, a), slice(a, c), ((slice(a, b), slice(b, c)),))


def _many(held_out: np.ndarray, parts: Sequence[np.ndarray]) -> Layout:
    """Lay out parts 1 2 3 0 1 2, for four of them: each fold's fit rows are then the three that follow each other."""
    k = len(parts)
    cycle = [(place + 1) % k for place in range(2 * k - 2)]
    # bounds[i] is where the i-th part of the cycle begins
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
    # Where a boundary may lie: behind the last row of each time.
    ends = np.flatnonzero(np.append(np.diff(pd.factorize(times[order])[0]) != 0, True)) + 1
    if len(ends) < folds + 2:
        raise ValueError(f"{folds + 2} different times are needed, and there are {len(ends)}")
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
    """Move each boundary to the nearest end of a time, no two to the same.

    At least `first` times stay before the first of them, and `last` behind the last.
    """
    found: list[int] = []
    for number, position in enumerate(wanted):
        nearest = int(np.abs(ends - position).argmin())
        lowest = found[-1] + 1 if found else first - 1
        highest = len(ends) - 1 - last - (len(wanted) - 1 - number)
        found.append(min(max(nearest, lowest), highest))
    return [int(ends[index]) for index in found]
