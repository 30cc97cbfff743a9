"""An estimator by its import path and hyperparameters."""

import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier, is_regressor

from steps.errors import WrongValue, did_you_mean

DEFAULTS = {
    "classification": "sklearn.ensemble.RandomForestClassifier",
    "regression": "sklearn.ensemble.RandomForestRegressor",
}


def find(path: str, task: str) -> type[BaseEstimator]:
    """Import an estimator class and check that it does the task (classification or regression).

    Raises WrongValue where the path leads to no estimator or to one of the other task.
    """
    module_name, _, name = path.rpartition(".")
    where = f"--estimator {path!r}:"
    try:
        module = importlib.import_module(module_name)
        found = getattr(module, name, None)
    except ImportError as error:  # from getattr too: scikit-learn guards what is experimental
        reason = str(error).splitlines()[0]
        raise WrongValue(f"{where} can't import {module_name!r}: {reason}") from error
    mixin = {"classification": ClassifierMixin, "regression": RegressorMixin}[task]
    if not (inspect.isclass(found) and issubclass(found, BaseEstimator)):
        classes = [key for key, value in vars(module).items() if inspect.isclass(value) and issubclass(value, mixin)]
        raise WrongValue(
            f"{where} must be the import path of a scikit-learn estimator; "
            f"{module_name} has none of that name{did_you_mean(name, classes)}"
        )
    try:
        made = found()
    except TypeError as error:
        reason = str(error).splitlines()[0]
        raise WrongValue(f"{where} must be an estimator with a default for each hyperparameter: {reason}") from error
    fits = {"classification": is_classifier, "regression": is_regressor}[task]
    if not fits(made):
        raise WrongValue(f"{where} is no estimator for {task}, the task of this target (see --task)")
    return found


def check_names(estimator: type[BaseEstimator], names: Iterable[str]) -> None:
    """Raise WrongValue, naming them all, where hyperparameters are not the estimator's."""
    allowed = estimator().get_params()
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise WrongValue(
            *(
                f"--{name}: {estimator.__name__} has no such hyperparameter{did_you_mean(name, allowed)}; "
                f"allowed: {', '.join(sorted(allowed))}"
                for name in unknown
            )
        )


def build(
    estimator: type[BaseEstimator], hyperparameters: Mapping[str, Any], *, seed: int, threads: int
) -> BaseEstimator:
    """Make an unfitted estimator; `random_state` and `n_jobs` come from seed and threads unless given."""
    check_names(estimator, hyperparameters)
    built = estimator()
    standing = {"random_state": seed, "n_jobs": threads}
    own = built.get_params()
    built.set_params(**{name: value for name, value in standing.items() if name in own})
    built.set_params(**hyperparameters)
    return built
