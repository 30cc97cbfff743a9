"""What scikit-learn asks anew for each tree of a forest is answered at once: a third of a small forest's fit.

An estimator's hyperparameters are the names that its constructor takes, read five times at a clone. Each target is
looked at by numpy's `unique`, which older versions of numpy had with fewer parameters. And of each array it is asked
three times whether it is a table, or a column of one, of any of the packages for tables; no array is.
"""

import inspect
from collections.abc import Callable
from functools import lru_cache

import narwhals.stable.v2.dependencies as tables
import numpy as np
from sklearn.base import BaseEstimator

_names_taken = BaseEstimator._get_param_names.__func__
_is_table, _is_column = tables.is_into_dataframe, tables.is_into_series


def take() -> None:
    """Have all that answered at once from now on: here and in forks."""
    BaseEstimator._get_param_names = classmethod(lru_cache(maxsize=None)(_names_taken))  # type: ignore[arg-type]
    np.unique.__signature__ = inspect.signature(np.unique)  # type: ignore[attr-defined]
    vars(tables).update(is_into_dataframe=_but_arrays(_is_table), is_into_series=_but_arrays(_is_column))


def _but_arrays(asked: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: type(value) is not np.ndarray and asked(value)
