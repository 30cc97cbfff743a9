"""What a run is going to do: every `auto` resolved, everything checked against the data, nothing fitted yet."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names

from steps.errors import WrongValue, did_you_mean
from steps.training import data, estimator, evaluate
from steps.training.estimator import Maker

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
    estimator: Maker
    estimator_path: str
    training_rows: np.ndarray
    held_out_rows: np.ndarray
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def classes(self) -> bool:
        """Tell whether the target's values are classes."""
        return self.task == "classification"

    def scorer(self) -> Any:
        """Return scikit-learn's scorer: called with (estimator, features, target), greater is better."""
        return get_scorer(self.metric)


def make(settings: Mapping[str, Any], hyperparameters: Iterable[str]) -> Plan:
    """Resolve and check a run's settings, and the names of its hyperparameters, against the data.

    `settings` are the parameters of `train`, or those that `tune` shares with it.
    Raises WrongValue, naming parameter, value and what is allowed.
    """
    name, column, task = settings["data"], settings["target"], settings["task"]
    path, metric = settings.get("estimator", "auto"), settings["metric"]
    column = data.load(name).target if column == "auto" else column
    task = task_of(target_of(name, column)) if task == "auto" else task
    plan = _plan(
        name,
        column,
        task,
        estimator.DEFAULTS[task] if path == "auto" else path,
        METRICS[task] if metric == "auto" else metric,
        settings["folds"],
        settings["test_size"],
        settings["seed"],
    )
    estimator.check_names(plan.estimator, hyperparameters)
    return plan


def prepare(settings: Mapping[str, Any], estimators: Sequence[str]) -> None:
    """Make what children of this process, forked later, will find made; its errors are left to them.

    `estimators` are the import paths that they may be given; none: the task's default.
    """
    for path in estimators or ["auto"]:
        with suppress(WrongValue):
            make({**settings, "estimator": path}, ())


# A forkserver makes the plan of a study's trials; each of them, forked later, finds it made.
@lru_cache(maxsize=64)
def _plan(name: str, column: str, task: str, path: str, metric: str, folds: int, test_size: float, seed: int) -> Plan:
    target = target_of(name, column)
    check_task(target, task)
    found = estimator.find(path, task)
    check_metric_name(metric)
    classes = task == "classification"
    check_held_out(target, classes=classes, test_size=test_size)
    training, held_out = evaluate.hold_out(target, classes=classes, test_size=test_size, seed=seed)
    splits = split(target.iloc[training], classes=classes, folds=folds, seed=seed)
    features = data.load(name).frame.drop(columns=column)
    return Plan(name, features, target, task, metric, found, path, training, held_out, splits)


def describe(
    settings: Mapping[str, Any],
    estimators: Mapping[str, Mapping[str, Iterable[str]]],
    where: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Check like `make`, and try the metric too; say what was resolved, as plain data for another process.

    `estimators` has, by task, the names of the hyperparameters that each import path (`auto`: the default) is to get;
    `where` says by task where these stand (see `estimator.check`). The task's are checked, all problems at once.
    """
    plan = make(settings, ())
    check_metric(plan)
    return {
        "data": plan.data,
        "target": plan.target.name,
        "task": plan.task,
        "metric": plan.metric,
        "estimators": estimator.check(plan.task, estimators.get(plan.task, {}), where.get(plan.task, {})),
    }


def target_of(name: str, column: str) -> pd.Series:
    """Return a column of a data set."""
    frame = data.load(name).frame
    if column not in frame:
        columns = list(map(str, frame))
        raise WrongValue(
            f"--target {column!r}: {name} has no such column{did_you_mean(column, columns)}; "
            f"allowed: {', '.join(columns)}"
        )
    return frame[column]


def check_task(target: pd.Series, task: str) -> None:
    """Raise WrongValue where a target does not suit the task."""
    if task == "regression" and not types.is_numeric_dtype(target):
        raise WrongValue(f"--task 'regression': the target {target.name!r} holds no numbers")
    if task == "classification" and task_of(target) == "regression":
        raise WrongValue(
            f"--task 'classification': the target {target.name!r} has {target.nunique()} different values, "
            f"more than {MOST_CLASSES} or with fractions; must be regression"
        )


def task_of(target: pd.Series) -> str:
    """Tell the task from the target: text, booleans and a few whole numbers are classes, all else is a quantity."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    fractions = types.is_float_dtype(target) and bool((target % 1 != 0).any())
    return "regression" if fractions or target.nunique() > MOST_CLASSES else "classification"


def check_metric_name(name: str) -> None:
    """Raise WrongValue where scikit-learn has no scorer of that name."""
    if name not in get_scorer_names():
        raise WrongValue(
            f"--metric {name!r}: scikit-learn has no such scorer{did_you_mean(name, get_scorer_names())}; "
            f"allowed: {', '.join(sorted(get_scorer_names()))}"
        )


def check_metric(plan: Plan) -> None:
    """Raise WrongValue where the scorer can't score such a target; it knows best, so it is asked to."""
    features, target = np.zeros((len(plan.target), 1)), plan.target.to_numpy()
    dummy = DummyClassifier(strategy="stratified", random_state=0) if plan.classes else DummyRegressor()
    try:
        plan.scorer()(dummy.fit(features, target), features, target)
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise WrongValue(
            f"--metric {plan.metric!r}: must be a scorer for {plan.task} with this target: {reason}"
        ) from error


def check_held_out(target: pd.Series, *, classes: bool, test_size: float) -> None:
    """Raise WrongValue where a class, or all rows, would be on one side alone of the held-out split."""
    rows, held_out = len(target), int(np.ceil(len(target) * test_size))
    groups = target.nunique() if classes else 1
    if held_out < groups or rows - held_out < groups:
        raise WrongValue(
            f"--test_size {test_size}: {held_out} of {rows} rows held out leave a class without a row on one side"
        )


def split(target: pd.Series, *, classes: bool, folds: int, seed: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Split the training rows into folds, each of which scores every class, or two rows (r2 needs them).

    Raises WrongValue where the rows do not suffice.
    """
    enough = int(target.value_counts().min()) if classes else len(target) // 2
    if folds > max(enough, 1):
        whose = "the training rows of the rarest class" if classes else "half of the training rows"
        raise WrongValue(f"--folds {folds}: must be at most {enough}, {whose}")
    try:
        return tuple(evaluate.split(target, classes=classes, folds=folds, seed=seed))
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise WrongValue(
            f"--folds {folds}: the {len(target)} training rows can't be split: {reason}; lower --test_size"
        ) from error
