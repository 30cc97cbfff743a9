"""Three patches of speed on scikit-learn, which repeats the same work for each tree of a forest; no result changes.

They fit scikit-learn 1.9.1, the pinned version; no other was tried. A patch whose target is not there is left out.
Together they make the fit of a forest of 100 trees on iris 2.3 times as fast, a 5-fold trial of it 2.4 times, a fit on
2,000 rows 1.2 times. They gain nothing on 20,000 rows, for histogram boosting, or for a single model.
`scripts/bench patches` measures it, and docs/benchmarks.md has the numbers. tests/patches/test_sklearn.py fails if one
of the three no longer applies.

1. `BaseEstimator._get_param_names` reads the names of a class's hyperparameters from its constructor by `inspect`, and
   a clone does that several times. Each class is read once instead. Alone: iris forest 1.2 times as fast.
2. `check_random_state` makes a numpy RandomState for each seed. A new one seeds itself from the system's entropy first,
   which takes 40 to 200 times as long as seeding it by a number. So a generator that nobody holds any more is seeded
   again. Alone: iris forest 1.3 times as fast.
3. Each tree of a classifying forest finds out again whether its targets are classes, though the forest has made them
   numbers from 0. That is seen at a glance instead; all other targets are looked at as before. After the other two:
   iris forest 1.7 times as fast, a forest on 512 rows with 70 columns 1.15 times.
"""

import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.tree import _classes as trees
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from steps.patches import speed_wanted

_PARAM_NAMES, _CHECK, _TARGETS = "_get_param_names", "check_random_state", "check_classification_targets"
# Each thread's last generator made here, `generator`, and its refcounts while only this module held it, `unheld`.
_last = threading.local()


def apply() -> None:
    """Apply the patches in this process and in its forks, unless TUNING_PATCHES is off."""
    if speed_wanted():
        remember_parameter_names()
        replace_check_random_state(fast_check_random_state)
        if hasattr(trees, _TARGETS):
            setattr(trees, _TARGETS, fast_check_targets)


def remember_parameter_names() -> None:
    """Have scikit-learn read the names of each class's hyperparameters once.

    A class whose constructor is exchanged later keeps its first names. An error is not remembered.
    """
    if _PARAM_NAMES in vars(BaseEstimator):
        names_of: Callable[[Any], list[str]] = lru_cache(maxsize=None)(vars(BaseEstimator)[_PARAM_NAMES].__func__)
        # A copy for each caller: a class of another package may add to what it gets.
        setattr(BaseEstimator, _PARAM_NAMES, classmethod(lambda cls: list(names_of(cls))))


def replace_check_random_state(new: Callable[[Any], np.random.RandomState]) -> int:
    """Replace `check_random_state` in each module of scikit-learn that has imported it; return their number.

    Modules that are imported later get the new one too: they import it from one of these.
    """
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("sklearn.") and vars(module).get(_CHECK) is check_random_state
    ]
    for module in modules:
        setattr(module, _CHECK, new)
    return len(modules)


def fast_check_random_state(seed: Any) -> np.random.RandomState:
    """Return what `check_random_state` returns; for a number, a generator that may have been used before.

    It is seeded again only if its refcounts show no other owner than this module, neither of it nor of its bit
    generator. Each thread has its own.
    """
    if not isinstance(seed, int | np.integer):
        return check_random_state(seed)  # type: ignore[no-any-return]
    generator: np.random.RandomState | None = getattr(_last, "generator", None)
    if generator is not None and _refcounts(generator) == _last.unheld:
        generator.seed(seed)
    else:
        generator = _last.generator = np.random.RandomState(seed)
        _last.unheld = _refcounts(generator)
    return generator


def fast_check_targets(y: Any) -> None:
    """Do what `check_classification_targets` does: refuse a tree's targets if they are not classes.

    It has nothing to say of one column of whole numbers from 0 that stay below half of its length: a forest's classes.
    """
    column = isinstance(y, np.ndarray) and y.dtype == np.float64 and y.ndim == 2 and y.shape[1] == 1 and len(y) > 0
    if not (column and np.all((y >= 0) & (y < len(y) // 2) & (y == np.floor(y)))):
        check_classification_targets(y)


def _refcounts(generator: np.random.RandomState) -> tuple[int, int]:
    return sys.getrefcount(generator), sys.getrefcount(generator._bit_generator)
