"""Short names of estimators, of which no two of a study are alike. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from steps.tuning.space.search_space import class_of

_BETWEEN = "+"  # the steps of a pipeline's import path


def classes_of(path: str) -> str:
    """Return an estimator's short name, each class of a pipeline's.

    >>> classes_of("sklearn.preprocessing.StandardScaler+sklearn.svm.SVC")
    'StandardScaler + SVC'
    """
    return f" {_BETWEEN} ".join(map(class_of, path.split(_BETWEEN)))


_WAYS: tuple[Callable[[str], str], ...] = (class_of, classes_of, str)


def told_apart(paths: Iterable[str | None], ways: Sequence[Callable[[str], str]] = _WAYS) -> dict[str, str]:
    """Return for each import path the first of some short names that no other has, at last the path itself.

    >>> told_apart(["a.Scaler+b.SVC", "b.SVC", "c.Ridge"])
    {'a.Scaler+b.SVC': 'Scaler + SVC', 'b.SVC': 'SVC', 'c.Ridge': 'Ridge'}
    """
    named = [path for path in paths if path is not None]
    times = [Counter(map(way, named)) for way in ways]
    return {
        path: next((way(path) for way, count in zip(ways, times, strict=True) if count[way(path)] == 1), path)
        for path in named
    }


def short_name(path: str, paths: Iterable[str | None]) -> str:
    """Return an estimator's name by its classes or, where another of some paths has the same, the path itself.

    >>> short_name("a.Scaler+b.SVC", []), short_name("a.Ridge", ["a.Ridge", "b.Ridge"])
    ('Scaler + SVC', 'a.Ridge')
    """
    return told_apart([path, *(other for other in paths if other != path)], (classes_of, str))[path]
