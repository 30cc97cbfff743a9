"""Signatures are read once: scikit-learn reads some again for each tree of a forest, a fifth of a small forest's fit.

An estimator's hyperparameters are the names that its constructor takes, read five times at a clone; and each target is
looked at by numpy's `unique`, which older versions of numpy had with fewer parameters.
"""

import inspect
from functools import lru_cache

import numpy as np
from sklearn.base import BaseEstimator

_read = BaseEstimator._get_param_names.__func__


def keep() -> None:
    """Have the names that a class's constructor takes, and that signature, remembered: here and in forks."""
    BaseEstimator._get_param_names = classmethod(lru_cache(maxsize=None)(_read))  # type: ignore[arg-type]
    np.unique.__signature__ = inspect.signature(np.unique)  # type: ignore[attr-defined]
