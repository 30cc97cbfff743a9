"""One training run: the folds' scores and, on request, the refitted model with its held-out score, into MLflow."""

import sys
from collections.abc import Mapping
from typing import Any

import mlflow
import numpy as np

from steps import environment, names, tracking
from steps.training import estimator, evaluate, model
from steps.training.plan import Plan


def train(plan: Plan, settings: Mapping[str, Any], hyperparameters: Mapping[str, Any], run_id: str) -> dict[str, float]:
    """Do what was planned, log what is found to a run (the active one, for a refit), and return the scores by name.

    Raises WrongValue for a hyperparameter value that the estimator rejects, StepError for a score that is not finite.
    """
    for difference in environment.differences():
        print(f"train: environment: {difference}", file=sys.stderr)
    unfitted = estimator.build(plan.estimator, hyperparameters, seed=settings["seed"], threads=settings["threads"])
    with estimator.rejections(plan.estimator_path):
        found = _cross_validate(plan, unfitted, run_id, live=settings["log_folds"] == "live")
    if settings["refit"]:
        found |= _refit(plan, unfitted)
    return found


def _cross_validate(plan: Plan, unfitted: Any, run_id: str, *, live: bool) -> dict[str, float]:
    features, target = plan.features.iloc[plan.training_rows], plan.target.iloc[plan.training_rows]
    fold_scores, unwritten = [], []
    for step, score in enumerate(evaluate.scores(unfitted, features, target, plan.splits, plan.scorer())):
        fold_scores.append(score)
        unwritten.append(tracking.metric(names.fold(plan.metric), score, step))
        if live:
            tracking.record(run_id, [unwritten.pop()])
    found = {
        names.cv(plan.metric): float(np.mean(fold_scores)),
        names.cv_std(plan.metric): float(np.std(fold_scores)),
    }
    unwritten += [tracking.metric(name, value) for name, value in found.items()]
    tracking.record(run_id, unwritten, {names.ENVIRONMENT: environment.state(), names.ESTIMATOR: plan.estimator_path})
    return found


def _refit(plan: Plan, unfitted: Any) -> dict[str, float]:
    features, target = plan.features.iloc[plan.training_rows], plan.target.iloc[plan.training_rows]
    fitted = unfitted.fit(features, target)
    held_out = plan.features.iloc[plan.held_out_rows]
    score = evaluate.finite(plan.scorer()(fitted, held_out, plan.target.iloc[plan.held_out_rows]), "held-out rows")
    mlflow.log_metric(names.test(plan.metric), score)
    model.log(fitted, features)
    return {names.test(plan.metric): score}
