"""What prepares a table for an estimator that takes only numbers: skrub's pipeline for text, dates and gaps."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer

# The packages of the pipeline's steps, whose UserWarnings are kept from the log.
_NOISY = ("skrub", "sklearn/preprocessing", "sklearn/impute", "pandas")


def around(estimator: BaseEstimator, kind: Callable[[], Any], features: pd.DataFrame, *, seed: int) -> Any:
    """Put skrub's steps in front of an estimator: they turn text, dates, categories and gaps into numbers.

    Which steps it gets depends on its kind. They are fitted together with it, so on each fold's own rows. Steps that
    draw at random are seeded. `features` are those that it will be fitted on.
    """
    # Imported here: the import takes 2 s, and a table of numbers alone needs no skrub.
    from skrub import tabular_pipeline

    pipeline = tabular_pipeline(kind())
    seeds = [name for name in pipeline.get_params() if name.endswith("random_state")]
    pipeline.set_params(**dict.fromkeys(seeds, seed))
    last = pipeline.steps[-1][0]
    pipeline.set_params(**{last: estimator})
    if features.shape[1] == 1 and types.is_numeric_dtype(features.dtypes.iloc[0]):
        # Of a frame of one column scikit-learn gets a view that it may not write to, and its forests refuse that.
        pipeline.steps.insert(-1, ("array", FunctionTransformer(np.array)))
    return pipeline


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings out of the log that come with every fold which has a category, or a text, that others lack.

    They are left out where warnings are shown, not by a filter: scikit-learn sets all filters again for each tree.
    """
    with warnings.catch_warnings():
        show = warnings.showwarning

        def shown(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not _is_noise(str(message), category, filename):
                show(message, category, filename, lineno, file, line)

        warnings.showwarning = shown
        yield


def _is_noise(message: str, category: type[Warning], filename: str) -> bool:
    if issubclass(category, UserWarning):
        return any(f"/{place}/" in filename for place in _NOISY)
    # LogisticRegression ignores its n_jobs since 1.8, but still has the parameter, so it is set like everyone's.
    return issubclass(category, FutureWarning) and message.startswith("'n_jobs' has no effect")
