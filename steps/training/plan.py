"""What a run is going to do: every `auto` resolved and everything checked against the data, before anything is fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer, get_scorer_names

from steps.errors import WrongValue, did_you_mean
from steps.training import data, estimator, evaluate

METRICS = {"classification": "accuracy", "regression": "r2"}
# A target of more different numbers than this, or with fractions, is a quantity; else its values are classes.
MOST_CLASSES = 20


@dataclass(frozen=True)
class Plan:
    """A run, resolved. `features` and `target` have the rows of the table; the row arrays are positions in them."""

    data: str
    features: pd.DataFrame
    target: pd.Series
    task: str
    metric: str
    estimator: type[BaseEstimator]
    training_rows: np.ndarray
    held_out_rows: np.ndarray

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


def make(settings: Mapping[str, Any], hyperparameters: Mapping[str, Any]) -> Plan:
    """Resolve and check a run's settings (the parameters of `train`, or those that `tune` shares with it).

    Raises WrongValue: one problem for each parameter that does not fit the data.
    """
    table = data.load(settings["data"])
    column = table.target if settings["target"] == "auto" else settings["target"]
    if column not in table.frame:
        raise WrongValue(
            f"--target {column!r}: {table.name} has no such column{did_you_mean(column, map(str, table.frame))}; "
            f"allowed: {', '.join(map(str, table.frame))}"
        )
    target = table.frame[column]
    task = task_of(target) if settings["task"] == "auto" else settings["task"]
    if task == "regression" and not types.is_numeric_dtype(target):
        raise WrongValue(f"--task 'regression': the target {column!r} holds no numbers")
    if task == "classification" and task_of(target) == "regression":
        raise WrongValue(
            f"--task 'classification': the target {column!r} has {target.nunique()} different values, "
            f"more than {MOST_CLASSES} or with fractions; must be regression"
        )
    found = estimator.find(estimator.DEFAULTS[task] if settings.get("estimator", "auto") == "auto" else settings["estimator"], task)
    estimator.check_names(found, hyperparameters)
    check_rows(target, classes=task == "classification", test_size=settings["test_size"], folds=settings["folds"])
    training, held_out = evaluate.hold_out(
        target, classes=task == "classification", test_size=settings["test_size"], seed=settings["seed"]
    )
    return Plan(
        data=table.name,
        features=table.frame.drop(columns=column),
        target=target,
        task=task,
        metric=metric_of(settings["metric"], task, classes=target.nunique()),
        estimator=found,
        training_rows=training,
        held_out_rows=held_out,
    )


def describe(settings: Mapping[str, Any], hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Say what `make` resolves, as plain data for another process: task, metric, estimator, rows."""
    plan = make(settings, hyperparameters)
    return {
        "data": plan.data,
        "target": plan.target.name,
        "task": plan.task,
        "metric": plan.metric,
        "estimator": plan.estimator_path,
        "training_rows": len(plan.training_rows),
        "held_out_rows": len(plan.held_out_rows),
    }


def task_of(target: pd.Series) -> str:
    """Tell the task from the target: text, booleans and a few whole numbers are classes, all else is a quantity."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    fractions = types.is_float_dtype(target) and bool((target % 1 != 0).any())
    return "regression" if fractions or target.nunique() > MOST_CLASSES else "classification"


def metric_of(name: str, task: str, classes: int) -> str:
    """Check the name of a scorer against the task; `auto` is accuracy or r2."""
    if name == "auto":
        return METRICS[task]
    if name not in get_scorer_names():
        raise WrongValue(
            f"--metric {name!r}: scikit-learn has no such scorer{did_you_mean(name, get_scorer_names())}; "
            f"allowed: {', '.join(sorted(get_scorer_names()))}"
        )
    trial = _trial_score(name, task, classes)
    if trial is not None:
        raise WrongValue(f"--metric {name!r}: must be a scorer for {task} with this target: {trial}")
    return name


def _trial_score(name: str, task: str, classes: int) -> str | None:
    """Score a few made-up predictions and return the scorer's complaint, if any: it knows best what it can score."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    features = np.zeros((2 * classes, 1))
    target = np.tile(np.arange(classes), 2) if task == "classification" else np.linspace(1.0, 2.0, 2 * classes)
    dummy = DummyClassifier(strategy="stratified", random_state=0) if task == "classification" else DummyRegressor()
    try:
        get_scorer(name)(dummy.fit(features, target), features, target)
    except (ValueError, TypeError, AttributeError) as error:
        return str(error).splitlines()[0]
    return None


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
