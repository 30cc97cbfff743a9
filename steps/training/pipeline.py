"""Between a table and an estimator that takes numbers alone: skrub's pipeline for what real tables hold."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import BaseEstimator


def around(estimator: BaseEstimator, kind: Callable[[], Any], *, seed: int) -> Any:
    """Put the steps that an estimator of a kind needs in front of it: text, dates, categories and gaps become numbers.

    Fitted as one with the estimator, so within each fold. Where a step draws at random it is seeded.
    """
    # Imported here: it takes 2 s, which a table of numbers need not pay for.
    from skrub import tabular_pipeline

    pipeline = tabular_pipeline(kind())
    seeds = [name for name in pipeline.get_params() if name.endswith("random_state")]
    pipeline.set_params(**dict.fromkeys(seeds, seed))
    last = pipeline.steps[-1][0]
    return pipeline.set_params(**{last: estimator})


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from a log what the steps say of each fold that has a category, or a text, that others have not."""
    with warnings.catch_warnings():
        for module in ("skrub", "sklearn.preprocessing", "sklearn.impute", "pandas"):
            warnings.filterwarnings("ignore", category=UserWarning, module=rf"{module}\b")
        # LogisticRegression has it no more, but every estimator is given it that still names it.
        warnings.filterwarnings("ignore", message="'n_jobs' has no effect", category=FutureWarning)
        yield
