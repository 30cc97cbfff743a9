"""What a run is going to do: every `auto` resolved and everything checked against the data, before anything is fitted."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from steps.errors import WrongValue, did_you_mean
from steps.training import data, estimator, evaluate

METRICS = {"classification": "accuracy", "regression": "r2"}
# A target of more different numbers than this, or with fractions, is a quantity; else its values are classes.
MOST_CLASSES = 20


@dataclass(frozen=True)
class Plan:
    """A run, resolved.

    `features` and `target` have the rows of the table; `training_rows` and `held_out_rows` are positions in them.
    `splits` has, for each fold, the positions among the training rows to fit on and those to score on.
    """

    data: str
    features: pd.DataFrame
    target: pd.Series
    task: str
    metric: str
    estimator: type[BaseEstimator]
    training_rows: np.ndarray
    held_out_rows: np.ndarray
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def classes(self) -> bool:
        """Tell whether the target's values are classes."""
        return self.task == "classification"

    @property
    def estimator_path(self) -> str:
        """Write the import path of the estimator as a user would."""
        public = self.estimator.__module__.partition("._")[0]
        return f"{public}.{self.estimator.__name__}"

    def scorer(self) -> Any:
        """Return scikit-learn's scorer: called with (estimator, features, target), greater is better."""
        return get_scorer(self.metric)


# The settings that a plan depends on.
SETTINGS = ("data", "target", "task", "estimator", "metric", "folds", "test_size", "seed")


def make(settings: Mapping[str, Any], hyperparameters: Iterable[str]) -> Plan:
    """Resolve and check a run's settings, and the names of its hyperparameters, against the data.

    `settings` are the parameters of `train`, or those that `tune` shares with it.
    Raises WrongValue, naming parameter, value and what is allowed.
    """
    plan = _plan(*(settings.get(name, "auto") for name in SETTINGS))
    estimator.check_names(plan.estimator, hyperparameters)
    return plan


def prepare(settings: Mapping[str, Any]) -> None:
    """Make the plan that children of this process, forked later, will find made; its errors are left to them."""
    with suppress(WrongValue):
        make(settings, ())


@lru_cache(maxsize=1)
def _plan(
    data_name: str, column: str, task: str, path: str, metric: str, folds: int, test_size: float, seed: int
) -> Plan:
    table = data.load(data_name)
    column = table.target if column == "auto" else column
    if column not in table.frame:
        raise WrongValue(
            f"--target {column!r}: {table.name} has no such column{did_you_mean(column, map(str, table.frame))}; "
            f"allowed: {', '.join(map(str, table.frame))}"
        )
    target = table.frame[column]
    task = task_for(target, task)
    classes = task == "classification"
    found = estimator.find(estimator.DEFAULTS[task] if path == "auto" else path, task)
    check_rows(target, classes=classes, test_size=test_size, folds=folds)
    training, held_out = evaluate.hold_out(target, classes=classes, test_size=test_size, seed=seed)
    splits = evaluate.split(target.iloc[training], classes=classes, folds=folds, seed=seed)
    return Plan(
        data=table.name,
        features=table.frame.drop(columns=column),
        target=target,
        task=task,
        metric=metric_for(metric, task),
        estimator=found,
        training_rows=training,
        held_out_rows=held_out,
        splits=tuple(splits),
    )


def describe(settings: Mapping[str, Any], hyperparameters: Iterable[str]) -> dict[str, Any]:
    """Check like `make`, and try the metric too; say what was resolved, as plain data for another process."""
    plan = make(settings, hyperparameters)
    check_metric(plan)
    return {
        "data": plan.data,
        "target": plan.target.name,
        "task": plan.task,
        "metric": plan.metric,
        "estimator": plan.estimator_path,
    }


def task_for(target: pd.Series, task: str) -> str:
    """Resolve and check the task for a target."""
    if task == "regression" and not types.is_numeric_dtype(target):
        raise WrongValue(f"--task 'regression': the target {target.name!r} holds no numbers")
    if task == "classification" and task_of(target) == "regression":
        raise WrongValue(
            f"--task 'classification': the target {target.name!r} has {target.nunique()} different values, "
            f"more than {MOST_CLASSES} or with fractions; must be regression"
        )
    return task_of(target) if task == "auto" else task


def task_of(target: pd.Series) -> str:
    """Tell the task from the target: text, booleans and a few whole numbers are classes, all else is a quantity."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    fractions = types.is_float_dtype(target) and bool((target % 1 != 0).any())
    return "regression" if fractions or target.nunique() > MOST_CLASSES else "classification"


def metric_for(name: str, task: str) -> str:
    """Resolve and check the name of a scorer."""
    if name != "auto" and name not in get_scorer_names():
        raise WrongValue(
            f"--metric {name!r}: scikit-learn has no such scorer{did_you_mean(name, get_scorer_names())}; "
            f"allowed: {', '.join(sorted(get_scorer_names()))}"
        )
    return METRICS[task] if name == "auto" else name


def check_metric(plan: Plan) -> None:
    """Raise WrongValue where the scorer can't score such a target; it knows best, so it is asked to."""
    features, target = np.zeros((len(plan.target), 1)), plan.target.to_numpy()
    dummy = DummyClassifier(strategy="stratified", random_state=0) if plan.classes else DummyRegressor()
    try:
        plan.scorer()(dummy.fit(features, target), features, target)
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise WrongValue(f"--metric {plan.metric!r}: must be a scorer for {plan.task} with this target: {reason}") from error


def check_rows(target: pd.Series, *, classes: bool, test_size: float, folds: int) -> None:
    """Raise WrongValue where the rows do not suffice for the held-out share and the folds."""
    rows = len(target)
    smallest = int(target.value_counts().min()) if classes else rows
    groups = target.nunique() if classes else 1
    held_out = int(np.ceil(rows * test_size))
    if held_out < groups or rows - held_out < groups:
        raise WrongValue(
            f"--test_size {test_size}: {held_out} of {rows} rows held out leave a class without a row on one side"
        )
    # The rarest class must have a row in every fold of the training rows.
    enough = int(np.floor(smallest * (rows - held_out) / rows)) if classes else rows - held_out
    if folds > enough:
        raise WrongValue(
            f"--folds {folds}: must be at most {enough}, the training rows of the rarest class"
            if classes
            else f"--folds {folds}: must be at most {enough}, the training rows"
        )
