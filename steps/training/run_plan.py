"""What a run is going to do: every `auto` resolved, everything checked against the data, nothing fitted yet."""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.validation import validate_data

from steps.errors import WrongValue, did_you_mean
from steps.patches import sklearn
from steps.tracking import write
from steps.training.data import examples
from steps.training.data.examples import Examples
from steps.training.model import estimator
from steps.training.model.estimator import Maker

METRICS = {"classification": "accuracy", "regression": "r2"}


@dataclass(frozen=True)
class RunPlan:
    """A run, resolved: on what, by which estimator, scored how."""

    examples: Examples
    task: str
    metric: str
    estimator: Maker
    estimator_path: str

    @property
    def classes(self) -> bool:
        """Tell whether the target's values are classes."""
        return self.task == "classification"

    def scorer(self) -> Any:
        """Return scikit-learn's scorer: called with (estimator, features, target), greater is better."""
        return get_scorer(self.metric)


def make(settings: Mapping[str, Any], hyperparameters: Iterable[str]) -> RunPlan:
    """Resolve and check a run's settings, and the names of its hyperparameters, against the data.

    `settings` are the parameters of `train`, or those that `tune` shares with it.
    Raises WrongValue, naming parameter, value and what is allowed.
    """
    found = examples.get(settings, [settings.get("estimator", "auto")])
    task = found.resolved["task"]
    path, metric = settings.get("estimator", "auto"), settings["metric"]
    path = estimator.DEFAULTS[task] if path == "auto" else path
    metric = METRICS[task] if metric == "auto" else metric
    kind = estimator.import_maker(path, task)
    check_metric_name(metric)
    estimator.check_hyperparameters(kind, hyperparameters)
    return RunPlan(found, task, metric, kind, path)


def prepare(settings: Mapping[str, Any], estimators: Sequence[str]) -> None:
    """Make what children of this process, forked later, will find made; its errors are left to them.

    `estimators` are the import paths that they may be given; none: the task's default.
    """
    with suppress(WrongValue):  # once for all of them: what they have in common decides the layout
        examples.get(settings, estimators or ["auto"])
    for path in estimators or ["auto"]:
        with suppress(WrongValue):
            if not make({**settings, "estimator": path}, ()).examples.plain:
                importlib.import_module("skrub")
    sklearn.apply()
    if found := examples.made():
        # scikit-learn imports what reads a table's columns, 20 ms of it, only with the first table.
        validate_data(BaseEstimator(), found.features.head(1), skip_check_array=True)


def warm_up(run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
    """Write to the study's run, after `prepare`, what is true of it and of the kind that each child writes."""
    made = examples.made()
    write.warm_up(run_id, metrics, tags, made.dataset.as_dict() if made else None)


def describe(
    settings: Mapping[str, Any],
    estimators: Mapping[str, Mapping[str, Iterable[str]]],
    where: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Check like `make`, and try the metric too; say what was resolved, as plain data for another process.

    `estimators` has, by task, the names of the hyperparameters that each import path (`auto`: the default) is to get;
    `where` says by task where these stand, see `estimator.check_estimators`. The task's are checked, all problems at
    once.
    """
    plan = make(settings, ())
    check_metric(plan)
    resolved = plan.examples.resolved
    return {
        **{key: resolved[key] for key in ("data", "target", "split", "task")},
        "metric": plan.metric,
        "estimators": estimator.check_estimators(plan.task, estimators.get(plan.task, {}), where.get(plan.task, {})),
        "dataset": plan.examples.dataset.as_dict(),
        "folds": plan.examples.folds,
        "notes": list(plan.examples.notes),
    }


@lru_cache(maxsize=8)
def check_metric_name(name: str) -> None:
    """Raise WrongValue where scikit-learn has no scorer of that name."""
    if name not in get_scorer_names():
        raise WrongValue(
            f"--metric {name!r}: scikit-learn has no such scorer{did_you_mean(name, get_scorer_names())}; "
            f"allowed: {', '.join(sorted(get_scorer_names()))}"
        )


def check_metric(plan: RunPlan) -> None:
    """Raise WrongValue where the scorer can't score such a target; it knows best, so it is asked to."""
    target = plan.examples.target.to_numpy()
    features = np.zeros((len(target), 1))
    dummy = DummyClassifier(strategy="stratified", random_state=0) if plan.classes else DummyRegressor()
    try:
        plan.scorer()(dummy.fit(features, target), features, target)
    except (ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise WrongValue(
            f"--metric {plan.metric!r}: must be a scorer for {plan.task} with this target: {reason}"
        ) from error
