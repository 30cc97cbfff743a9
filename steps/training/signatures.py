"""scikit-learn's constructors are read once: it reads an estimator's signature at each of its clones.

A forest clones its tree for each of its trees, three readings each: a tenth of what a small forest's fit takes.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator


def keep() -> None:
    """Have `inspect.signature` find ready, as `__signature__`, what it would make of the constructors that are loaded.

    Of scikit-learn's own classes alone, whose constructors nobody changes. Forks of this process have it too.
    """
    for kind in _below(BaseEstimator):
        constructor = vars(kind).get("__init__")
        if inspect.isfunction(constructor) and kind.__module__.startswith("sklearn."):
            constructor.__signature__ = inspect.signature(constructor)  # type: ignore[attr-defined]


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for direct in kind.__subclasses__():
        yield direct
        yield from _below(direct)
