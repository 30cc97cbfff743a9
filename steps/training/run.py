"""One training run: fold scores, and on request the refitted model with its held-out score, into the active MLflow run."""

import sys
from collections.abc import Mapping
from typing import Any

import mlflow
import numpy as np
from mlflow.tracking import MlflowClient
from sklearn.utils._param_validation import InvalidParameterError

from steps import environment, names, tracking
from steps.errors import WrongValue
from steps.training import estimator, evaluate, model
from steps.training.plan import Plan, make


def train(settings: Mapping[str, Any], hyperparameters: Mapping[str, Any]) -> dict[str, float]:
    """Cross-validate an estimator and log what was found to the active run; return the logged scores by name.

    Raises WrongValue for a setting or hyperparameter that does not fit, StepError for a score that is not finite.
    """
    plan = make(settings, hyperparameters)
    unfitted = estimator.build(plan.estimator, hyperparameters, seed=settings["seed"], threads=settings["threads"])
    run_id = mlflow.active_run().info.run_id
    for difference in environment.differences():
        print(f"train: environment: {difference}", file=sys.stderr)
    try:
        found = _cross_validate(plan, unfitted, settings, run_id)
    except InvalidParameterError as error:
        raise WrongValue(f"{plan.estimator_path}: {error}") from error
    if settings["refit"]:
        found |= _refit(plan, unfitted)
    return found


def _cross_validate(plan: Plan, unfitted: Any, settings: Mapping[str, Any], run_id: str) -> dict[str, float]:
    features, target = plan.features.iloc[plan.training_rows], plan.target.iloc[plan.training_rows]
    splits = evaluate.split(target, classes=plan.classes, folds=settings["folds"], seed=settings["seed"])
    client, fold_scores, logged = MlflowClient(), [], []
    for step, score in enumerate(evaluate.scores(unfitted, features, target, splits, plan.scorer())):
        fold_scores.append(score)
        logged.append(tracking.metric(names.fold(plan.metric), score, step))
        if settings["log_folds"] == "live":
            client.log_batch(run_id, metrics=[logged.pop()])
    found = {
        names.cv(plan.metric): float(np.mean(fold_scores)),
        names.cv_std(plan.metric): float(np.std(fold_scores)),
    }
    logged += [tracking.metric(name, value) for name, value in found.items()]
    tags = tracking.tags({names.ENVIRONMENT: environment.state(), names.ESTIMATOR: plan.estimator_path})
    client.log_batch(run_id, metrics=logged, tags=tags)
    return found


def _refit(plan: Plan, unfitted: Any) -> dict[str, float]:
    features, target = plan.features.iloc[plan.training_rows], plan.target.iloc[plan.training_rows]
    fitted = unfitted.fit(features, target)
    held_out = plan.features.iloc[plan.held_out_rows]
    score = evaluate.finite(plan.scorer()(fitted, held_out, plan.target.iloc[plan.held_out_rows]), "held-out rows")
    mlflow.log_metric(names.test(plan.metric), score)
    model.log(fitted, features, package=plan.estimator_path.partition(".")[0])
    return {names.test(plan.metric): score}

