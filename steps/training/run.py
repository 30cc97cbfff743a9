"""One training run: the folds' scores and, on request, the refitted model with its held-out score, into MLflow."""

import sys
from collections.abc import Mapping
from typing import Any

import mlflow
import numpy as np

from steps import environment, names, tracking
from steps.training import estimator, evaluate, model, pipeline
from steps.training.plan import Plan


def train(plan: Plan, settings: Mapping[str, Any], hyperparameters: Mapping[str, Any], run_id: str) -> dict[str, float]:
    """Do what was planned, log what is found to a run (the active one, for a refit), and return the scores by name.

    Raises WrongValue for a hyperparameter value that the estimator rejects, StepError for a score that is not finite.
    """
    for difference in environment.differences():
        print(f"train: environment: {difference}", file=sys.stderr)
    unfitted = estimator.build(plan.estimator, hyperparameters, seed=settings["seed"], threads=settings["threads"])
    if not plan.examples.plain:
        unfitted = pipeline.around(unfitted, plan.estimator, seed=settings["seed"])
    tracking.record_data(run_id, plan.examples.dataset.as_dict())
    with pipeline.quiet(), estimator.rejections(plan.estimator_path):
        found = _cross_validate(plan, unfitted, run_id, live=settings["log_folds"] == "live")
        if settings["refit"]:
            found |= _refit(plan, unfitted)
    return found


def _cross_validate(plan: Plan, unfitted: Any, run_id: str, *, live: bool) -> dict[str, float]:
    rows = plan.examples
    fold_scores, fit_times, unwritten = [], [], []
    for step, (score, seconds) in enumerate(
        evaluate.scores(unfitted, rows.features, rows.target, rows.layout.splits, plan.scorer())
    ):
        fold_scores.append(score)
        fit_times.append(seconds)
        unwritten.append(tracking.metric(names.fold(plan.metric), score, step))
        if live:
            tracking.record(run_id, [unwritten.pop()])
    found = {
        names.cv(plan.metric): float(np.mean(fold_scores)),
        names.cv_std(plan.metric): float(np.std(fold_scores)),
    }
    recorded = {**found, names.FIT_TIME: float(np.mean(fit_times))}
    unwritten += [tracking.metric(name, value) for name, value in recorded.items()]
    tags = {
        names.ENVIRONMENT: environment.state(),
        names.ESTIMATOR: plan.estimator_path,
        names.DATA: rows.dataset.sha256,
        names.FOLDS: rows.folds,
    }
    tracking.record(run_id, unwritten, tags)
    return found


def _refit(plan: Plan, unfitted: Any) -> dict[str, float]:
    rows, layout = plan.examples, plan.examples.layout
    fitted = unfitted.fit(rows.features.iloc[layout.training], rows.target.iloc[layout.training])
    score = plan.scorer()(fitted, rows.features.iloc[layout.held_out], rows.target.iloc[layout.held_out])
    found = evaluate.finite(score, "held-out rows")
    mlflow.log_metric(names.test(plan.metric), found)
    model.log(fitted, rows.shown)
    return {names.test(plan.metric): found}
