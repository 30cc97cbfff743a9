"""Between a table and an estimator that takes numbers alone: skrub's pipeline for what real tables hold."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from sklearn.base import BaseEstimator

# The packages of the steps.
_NOISY = ("skrub", "sklearn/preprocessing", "sklearn/impute", "pandas")


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
    """Keep from a log what the steps say of each fold that has a category, or a text, that others have not.

    What is shown is chosen, not what is warned of: scikit-learn sets each filter that stands anew for each tree.
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
    # LogisticRegression has it no more, but every estimator is given it that still names it.
    return issubclass(category, FutureWarning) and message.startswith("'n_jobs' has no effect")
