"""What scikit-learn does anew for each tree of a forest is done once: half of a small forest's fit.

An estimator's hyperparameters are the names that its constructor takes, read five times at a clone. Each target is
looked at by numpy's `unique`, which older versions of numpy had with fewer parameters. Of each array it is asked three
times whether it is a table, or a column of one, of any of the packages for tables; no array is. And numpy's RandomState
is seeded by chance at its birth, at forty times the cost of then seeding it by a number: one that nobody holds any more
is seeded again instead. None of it changes a bit of what is found.
"""

import inspect
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import narwhals.stable.v2.dependencies as tables
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

_names_taken = BaseEstimator._get_param_names.__func__
_is_table, _is_column = tables.is_into_dataframe, tables.is_into_series
_seeded_by_chance = check_random_state
_kept = threading.local()


def apply() -> None:
    """Have all that done once from now on: here and in forks."""
    BaseEstimator._get_param_names = classmethod(lru_cache(maxsize=None)(_names_taken))  # type: ignore[arg-type]
    np.unique.__signature__ = inspect.signature(np.unique)  # type: ignore[attr-defined]
    vars(tables).update(is_into_dataframe=_but_arrays(_is_table), is_into_series=_but_arrays(_is_column))
    replace(_seeded_by_chance, _seeded)


def replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put a function in the place of `check_random_state` in each module of scikit-learn that has been imported."""
    for name, module in list(sys.modules.items()):
        if name.startswith("sklearn.") and vars(module).get("check_random_state") is old:
            vars(module)["check_random_state"] = new


def _but_arrays(asked: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: type(value) is not np.ndarray and asked(value)


def _seeded(seed: Any) -> np.random.RandomState:
    """Do what `check_random_state` does; of a number, with a generator that this thread alone had and has let go."""
    if not isinstance(seed, int | np.integer):
        return _seeded_by_chance(seed)  # type: ignore[no-any-return]
    known: np.random.RandomState | None = getattr(_kept, "known", None)
    if known is not None and _holders(known) == _kept.holders:
        known.seed(seed)
    else:
        known = _kept.known = np.random.RandomState(seed)
        _kept.holders = _holders(known)
    return known


def _holders(generator: np.random.RandomState) -> tuple[int, int]:
    return sys.getrefcount(generator), sys.getrefcount(generator._bit_generator)
