"""A constructor is read once: scikit-learn reads an estimator's hyperparameters off its signature at each clone.

A forest clones its tree for each of its trees, with five readings each: a seventh of what a small forest's fit takes.
"""

from functools import lru_cache

from sklearn.base import BaseEstimator

_read = BaseEstimator._get_param_names.__func__


def keep() -> None:
    """Have the names that a class's constructor takes remembered, in this process and in its forks."""
    BaseEstimator._get_param_names = classmethod(lru_cache(maxsize=None)(_read))  # type: ignore[arg-type]
