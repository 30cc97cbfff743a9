"""The plan of a run: every `auto` resolved, everything checked against the data, nothing fitted yet."""

import importlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer_names
from sklearn.utils.validation import validate_data

from steps.errors import StepError, WrongValue
from steps.parameters.option import option
from steps.parameters.settings import DATA_SETS, TrainSettings
from steps.patches import sklearn
from steps.tracking import write
from steps.training import unfit
from steps.training.data import examples, hints, positive
from steps.training.data.examples import Examples
from steps.training.model import early_stopping, estimator, fitting
from steps.training.model.estimator import Maker
from steps.training.scores import folds, metric_names, preparation, scorers

METRICS = {"classification": "accuracy", "regression": "r2"}


@dataclass(frozen=True)
class RunPlan:
    """A run, resolved: its examples, task, metric and estimator. `notes` are for the user.

    `positive` is the class that metrics of one of two classes, and curves, are about; None: as scikit-learn has it.
    """

    examples: Examples
    task: str
    metric: str
    estimator: Maker
    estimator_path: str
    notes: tuple[str, ...]
    positive: Any = None

    @property
    def classes(self) -> bool:
        """Tell whether the target's values are classes."""
        return self.task == "classification"

    def scorer(self) -> Any:
        """Return scikit-learn's scorer: called with (estimator, features, target), greater is better."""
        return scorers.get(self.metric, self.positive)


def make(settings: TrainSettings, hyperparameters: Iterable[str]) -> RunPlan:
    """Resolve and check a run's settings, and the names of its hyperparameters, against the data.

    Raises WrongValue, naming parameter, value and what is allowed.
    """
    rows = examples.get(settings, [settings.estimator])
    task = rows.resolved.task
    path = estimator.DEFAULTS[task] if settings.estimator == "auto" else settings.estimator
    metric = METRICS[task] if settings.metric == "auto" else settings.metric
    kind, names = estimator.import_maker(path, task), list(hyperparameters)
    check_metric_name(metric)
    estimator.check_hyperparameters(kind, names)
    notes = [*rows.notes, *(f"{option(name)}: {text}" for name, text in estimator.likely_typos(kind, names).items())]
    layout = rows.layout
    labels = pd.concat([rows.target.iloc[layout.held_out], rows.target.iloc[layout.training]])
    label, which = positive.find(labels, task, settings.positive, settings.data)
    if which and scorers.is_about_one_class(metric):
        notes.append(f"{option('metric', metric)}: {which}")
    if settings.early_stopping is not None:
        early_stopping.check(kind(), path)
    if settings.weight is not None:
        fitting.check_weights(kind(), path)
        if not scorers.takes_weights(scorers.get(metric)):
            notes.append(f"{option('metric', metric)}: takes no weights, so all rows count alike in it")
    return RunPlan(rows, task, metric, kind, path, tuple(notes), label)


def prepare(settings: Mapping[str, Any], estimators: Sequence[str]) -> None:
    """Make the examples of a study before its children are forked, which then share them.

    Errors are left to the children. `settings` are the fields of TrainSettings, as JSON has them. `estimators` are the
    import paths that the children may be given; none: the task's default.
    """
    train = TrainSettings(**settings)
    with suppress(WrongValue):  # for all estimators at once: the numbers' type must suit each of them
        examples.get(train, estimators or ["auto"])
    for path in estimators or ["auto"]:
        with suppress(WrongValue):
            if not make(replace(train, estimator=path), ()).examples.plain:
                importlib.import_module("skrub")
    sklearn.apply()
    if rows := examples.made():
        preparation.allow(rows)
        # With the first table, scikit-learn imports for 20 ms what reads a table's columns.
        validate_data(BaseEstimator(), rows.features.head(1), skip_check_array=True)


def warm_up(run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
    """Write to the study's run, after `prepare`, as each child does to its own: see `write.warm_up`."""
    rows = examples.made()
    write.warm_up(run_id, metrics, tags, rows.dataset.as_dict() if rows else None)


def describe(
    settings: TrainSettings,
    estimators: Mapping[str, Mapping[str, Mapping[str, Iterable[Any]]]],
    where: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Check like `make`, and try the metric too; return what was resolved, as plain data for another process.

    `estimators` has, by task, the hyperparameters that each import path (`auto`: the default) is to get, each with its
    choices, see `responses.check`.
    `where` has, by task, the place where each estimator stands, see `estimator.check_estimators`. Those of the resolved
    task are checked, all problems at once. Of several, `left_out` names those that can't do what the settings ask for.
    """
    # What it needs of an estimator is checked of those of the space.
    plan = make(replace(settings, early_stopping=None), ())
    check_metric(plan)
    resolved = plan.examples.resolved
    named = estimators.get(plan.task, {})
    paths = estimator.check_estimators(plan.task, named, where.get(plan.task, {}))
    of_path = dict(zip(paths, named.items(), strict=True))
    left_out = unfit.find(settings, plan.task, plan.metric, of_path, where.get(plan.task, {}))
    own = [note] if (note := preparation.note(plan.examples)) else []
    return {
        "target": resolved.target,
        "split": resolved.split,
        "task": resolved.task,
        "metric": plan.metric,
        "positive": _positive(plan, settings),
        "estimators": [path for path in paths if path not in left_out],
        "left_out": [name for name, path in zip(named, paths, strict=True) if path in left_out],
        "dataset": plan.examples.dataset.as_dict(),
        "folds": plan.examples.folds,
        "dummy": _dummy(plan),
        "notes": [*plan.notes, *_typos(plan.task, estimators), *left_out.values(), *own, *_hints(plan.examples)],
    }


def _positive(plan: RunPlan, settings: TrainSettings) -> str:
    """Return the setting `positive` as a study's trials get it: resolved where their scores depend on it."""
    decides = settings.positive != "auto" or scorers.is_about_one_class(plan.metric)
    return str(plan.positive) if decides and plan.positive is not None else "auto"


def _dummy(plan: RunPlan) -> dict[str, Any] | None:
    """Return the import path of what predicts the same for every row, and its mean score over the folds, if any."""
    dummy = DummyClassifier() if plan.classes else DummyRegressor()
    rows = plan.examples
    nothing = pd.DataFrame({"nothing": np.zeros(len(rows.target))})
    with warnings.catch_warnings(), suppress(ValueError, StepError):
        warnings.simplefilter("ignore")
        scored = folds.scores(dummy, nothing, rows.target, rows.layout.splits, plan.scorer(), weights=rows.weights)
        score = float(np.mean([value for value, _ in scored]))
        return {"estimator": f"sklearn.dummy.{type(dummy).__name__}", "score": score}
    return None


def _typos(task: str, estimators: Mapping[str, Mapping[str, Mapping[str, Iterable[Any]]]]) -> Iterator[str]:
    for path, names in estimators.get(task, {}).items():
        maker = estimator.import_maker(estimator.DEFAULTS[task] if path == "auto" else path, task)
        yield from (f"{option('space')}: {name}: {text}" for name, text in estimator.likely_typos(maker, names).items())


def _hints(rows: Examples) -> Iterator[str]:
    """Yield what a file makes one suspect; of a set that scikit-learn ships everything is known."""
    if rows.resolved.data not in DATA_SETS:
        yield from (f"{option('data', rows.resolved.data)}: {hint}" for hint in hints.find(rows))


@lru_cache(maxsize=8)
def check_metric_name(name: str) -> None:
    """Raise WrongValue if scikit-learn has no scorer of that name."""
    if name not in get_scorer_names():
        raise WrongValue(
            f"{option('metric', name)}: scikit-learn has no such scorer{metric_names.meant(name)}; "
            f"allowed: {', '.join(sorted(get_scorer_names()))}"
        )


def check_metric(plan: RunPlan) -> None:
    """Raise WrongValue if the scorer can't score the target, or a fold of it; it is tried on a dummy's answers."""
    target = plan.examples.target
    everything = slice(0, len(target))
    if reason := _why_not_scored(plan, target, everything, everything):
        count, like_it = target.nunique(), metric_names.of_many_classes(plan.metric)
        of_many = (
            f"; for {count} classes: {option('metric', like_it)}" if plan.classes and count > 2 and like_it else ""
        )
        raise WrongValue(
            f"{option('metric', plan.metric)}: must be a scorer for {plan.task} with this target: {reason}{of_many}"
        )
    for number, (fit, score) in enumerate(plan.examples.layout.splits):
        if reason := _why_not_scored(plan, target, fit, score):
            scored, fitted = set(target.iloc[score]), set(target.iloc[fit])
            if plan.classes and (unknown := sorted(map(str, scored - fitted))):
                reason = f"it scores the class {unknown[0]!r}, and has none of it to fit on"
            elif plan.classes and (lacking := sorted(map(str, set(target) - scored))):
                reason = f"it has no row of the class {lacking[0]!r} to score"
            raise WrongValue(
                f"{option('metric', plan.metric)}: can't score fold {number} of {plan.examples.resolved.data}: "
                f"{reason}; take fewer {option('folds')}, another {option('split')} or another {option('metric')}"
            )


def _why_not_scored(plan: RunPlan, target: "pd.Series[Any]", fit: slice, score: slice) -> str | None:
    features, weights = np.zeros((len(target), 1)), plan.examples.weights_of(score)
    dummy = DummyClassifier(strategy="stratified", random_state=0) if plan.classes else DummyRegressor()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = dummy.fit(features[fit], target.iloc[fit])
            value = scorers.call(plan.scorer(), fitted, features[score], target.iloc[score], weights)
        except (ValueError, TypeError, AttributeError) as error:
            return str(error).splitlines()[0]
    return None if np.isfinite(value) else f"it would be {value}"
