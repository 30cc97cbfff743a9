"""One training run: the folds' scores and, on request, the refitted model with its held-out score, into MLflow."""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import mlflow
import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from steps.names import Metric, Tag, Variable
from steps.parameters.settings import TrainSettings
from steps.project import environment
from steps.tracking import write
from steps.training.model import column_names, early_stopping, estimator, fitting, pipeline
from steps.training.model.early_stopping import EarlyStopping
from steps.training.run_plan import RunPlan
from steps.training.scores import folds, held_out, preparation, recorded, responses

_FOR_REFIT = (
    "steps.training.model.log",
    "steps.training.scores.gain",
    "steps.training.scores.importances",
    "steps.training.scores.in_numbers",
    "steps.training.scores.pictures",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "matplotlib.backends.backend_agg",
)


def train(plan: RunPlan, settings: TrainSettings, hyperparameters: Mapping[str, Any], run_id: str) -> dict[str, float]:
    """Do what was planned, log the scores to a run (the active one, for a refit), and return them by name.

    Raises WrongValue for a hyperparameter value that the estimator rejects, StepError for a score that is not finite.
    """
    for difference in environment.differences():
        print(f"train: environment: {difference}", file=sys.stderr)
    responses.check(
        plan.metric, plan.estimator, plan.estimator_path, {name: [value] for name, value in hyperparameters.items()}
    )
    unfitted = build(plan, settings, hyperparameters)
    write.record_data(run_id, plan.examples.dataset.as_dict())
    with pipeline.quiet(), estimator.rejections_as_wrong_values(plan.estimator_path):
        stopping = early_stopping.make(settings.early_stopping, plan.examples)
        scores = _cross_validate(plan, unfitted, run_id, stopping, live=settings.log_folds == "live")
        if settings.refit:
            scores |= _refit(plan, settings, _of_rounds(unfitted, stopping))
    return scores


def build(plan: RunPlan, settings: TrainSettings, hyperparameters: Mapping[str, Any]) -> Any:
    """Make the estimator of a run, unfitted, with what stands in front of it."""
    built = estimator.build(plan.estimator, hyperparameters, seed=settings.seed, threads=settings.threads)
    if not plan.examples.plain:
        built = pipeline.around(built, plan.estimator, plan.examples.features, seed=settings.seed)
    return column_names.mapped(built)


def _of_rounds(unfitted: Any, stopping: EarlyStopping | None) -> Any:
    """Return an estimator of as many rounds as were best in the folds; without early stopping, as it is."""
    if stopping is None:
        return unfitted
    print(
        f"train: early stopping: the refit has {stopping.rounds} rounds; best in the folds: ", end="", file=sys.stderr
    )
    print(", ".join(map(str, stopping.best)), file=sys.stderr)
    return early_stopping.of_rounds(unfitted, stopping.rounds)


def _defaults(plan: RunPlan, settings: TrainSettings) -> Any:
    """Make the estimator with its defaults, of as many rounds as early stopping finds in the folds."""
    built = build(plan, settings, {})
    stopping = early_stopping.make(settings.early_stopping, plan.examples)
    if stopping is None:
        return built
    list(_fold_scores(plan, built, stopping))  # what is of use is what `stopping` notes
    return early_stopping.of_rounds(built, stopping.rounds)


def _fold_scores(plan: RunPlan, unfitted: Any, stopping: EarlyStopping | None) -> Iterator[tuple[float, float]]:
    """Yield each fold's score and the seconds of its fit."""
    rows = plan.examples
    return folds.scores(
        unfitted,
        rows.features,
        rows.target,
        rows.layout.splits,
        plan.scorer(),
        preparation.shared(unfitted, rows),
        weights=rows.weights,
        stopping=stopping,
    )


def _cross_validate(
    plan: RunPlan, unfitted: Any, run_id: str, stopping: EarlyStopping | None, *, live: bool
) -> dict[str, float]:
    rows = plan.examples
    fold_scores, fit_times, unwritten = [], [], []
    known = None if stopping is not None else recorded.folds(plan.metric, rows)  # the rounds are not on record
    scored = known or _fold_scores(plan, unfitted, stopping)
    for step, (score, seconds) in enumerate(scored):
        fold_scores.append(score)
        fit_times.append(seconds)
        unwritten.append(write.metric(Metric.fold(plan.metric), score, step))
        if live:
            write.record(run_id, [unwritten.pop()])
    scores = {
        Metric.cv(plan.metric): float(np.mean(fold_scores)),
        Metric.cv_std(plan.metric): float(np.std(fold_scores)),
    }
    means = {**scores, Metric.FIT_TIME: float(np.mean(fit_times))}
    if stopping is not None:
        means[Metric.BEST_ITERATION] = float(np.mean(stopping.best))
    unwritten += [write.metric(name, value) for name, value in means.items()]
    tags = {
        Tag.ENVIRONMENT: environment.state(),
        Tag.ENVIRONMENT_SHA256: environment.digest(),
        Tag.ESTIMATOR: plan.estimator_path,
        Tag.DATA: rows.dataset.sha256,
        Tag.FOLDS: rows.folds,
    }
    write.record(run_id, unwritten, tags)
    if Variable.TUNER not in os.environ and os.environ.get(Variable.KNOWN_ENVIRONMENT) != environment.digest():
        write.record_environment(run_id)
    return scores


def import_for_refit() -> None:
    """Import what only a refit needs, in the process that forks it, so that it need not."""
    for name in _FOR_REFIT:
        importlib.import_module(name)


def _refit(plan: RunPlan, settings: TrainSettings, unfitted: Any) -> dict[str, float]:
    """Fit on all training rows, score the held-out rows, log the model; `evaluate=full`: with `_evaluate`'s scores."""
    # Imported here, since it takes half a second and most trials do not refit.
    from steps.training.model import log

    rows, layout = plan.examples, plan.examples.layout
    training = rows.features.iloc[layout.training], rows.target.iloc[layout.training]
    fitted = fitting.fit(unfitted, *training, rows.weights_of(layout.training))
    answers = held_out.Answers(fitted, rows.features.iloc[layout.held_out])
    target, weights = rows.target.iloc[layout.held_out].to_numpy(), rows.weights_of(layout.held_out)
    scores = held_out.scores(plan.task, plan.metric, answers, target, weights, plan.positive)
    if settings.evaluate == "full":
        scores |= _evaluate(plan, settings, fitted, answers)
    mlflow.log_metrics(scores)
    log.log(log.with_rows(fitted, rows.columns, plain=rows.plain), rows.shown)
    return scores


def _evaluate(plan: RunPlan, settings: TrainSettings, fitted: Any, answers: held_out.Answers) -> dict[str, float]:
    """Compare with the estimator's defaults and with a dummy, and log the pictures, also in numbers."""
    # Imported here, since it takes a second and most trials do not need it.
    from steps.training.scores import gain, importances, in_numbers, pictures

    rows, layout, seed = plan.examples, plan.examples.layout, settings.seed
    training = rows.features.iloc[layout.training], rows.target.iloc[layout.training]
    of_training, weights = rows.weights_of(layout.training), rows.weights_of(layout.held_out)
    features, target = rows.features.iloc[layout.held_out], rows.target.iloc[layout.held_out].to_numpy()
    dummy = DummyClassifier() if plan.classes else DummyRegressor()
    baseline, nothing = (
        held_out.Answers(fitting.fit(other, *training, of_training), features)
        for other in (_defaults(plan, settings), dummy)
    )
    scores = gain.compare(plan.metric, answers, baseline, nothing, target, seed, weights, plan.positive)
    if plan.classes:
        pictures.of_classes(answers, target, weights, plan.positive)
    else:
        pictures.of_quantity(answers, target)
    budget_s = float(os.environ.get(Variable.IMPORTANCES_S, importances.BUDGET_S))
    measured = importances.measure(
        fitted, features, target, plan.metric, seed, budget_s, weights=weights, positive=plan.positive
    )
    print(f"train: importances: {measured}", file=sys.stderr)
    pictures.of_importances(measured, plan.metric)
    in_numbers.log(plan.task, plan.metric, answers, target, measured, seed, weights, plan.positive)
    return scores
