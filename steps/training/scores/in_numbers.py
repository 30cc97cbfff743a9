"""What the pictures of the held-out rows show, in numbers, as an artifact of the active run."""

import mlflow
import numpy as np

from steps.names import Artifact
from steps.tracking import evaluation
from steps.tracking.evaluation import FeatureImportance, FeatureImportances, HeldOutEvaluation, Predicted
from steps.training.scores import calibration, confusion, ranking, short_names
from steps.training.scores.held_out import Answers
from steps.training.scores.importances import Importances


def log(
    task: str,
    metric: str,
    answers: Answers,
    target: np.ndarray,
    measured: Importances,
    seed: int,
    weights: np.ndarray | None = None,
    positive: object = None,
) -> None:
    """Log it; `weights` are those of the rows, `positive` is the one of two classes that the curves are about."""
    importances = of_importances(measured)
    if task == "classification":
        rows = np.arange(len(target))
        ranked = ranking.of_classes(answers, rows, positive)
        made = HeldOutEvaluation(
            "classification",
            metric,
            len(target),
            weighted=weights is not None,
            confusion=confusion.matrix(target, answers.predict(rows), weights),
            curves=None if ranked is None else ranking.curves(ranked, target, weights),
            calibration=calibration.measure(answers, target, weights, positive),
            importances=importances,
        )
    else:
        predicted = of_quantity(answers, target, seed, weights)
        made = HeldOutEvaluation(
            "regression", metric, len(target), weights is not None, predicted=predicted, importances=importances
        )
    mlflow.log_text(evaluation.text(made), Artifact.EVALUATION)


def of_quantity(answers: Answers, target: np.ndarray, seed: int, weights: np.ndarray | None = None) -> Predicted:
    """Return actual and predicted values of the rows that count; of many, of some that are drawn by the seed."""
    counted = np.arange(len(target)) if weights is None else np.flatnonzero(weights)
    rows = np.sort(np.random.default_rng(seed).permutation(counted)[: evaluation.MOST_ROWS])
    actual = np.asarray(target, dtype=float)[rows]
    predicted = np.asarray(answers.predict(rows), dtype=float).reshape(len(rows))
    columns = [actual, predicted, actual - predicted, *([] if weights is None else [weights[rows]])]
    return Predicted(len(counted), *([float(f"{value:.10g}") for value in column] for column in columns))


def of_importances(measured: Importances) -> FeatureImportances:
    """Return the greatest importances."""
    table = measured.table()
    table = table[np.isfinite(table["importance"]) & np.isfinite(table["std"])].head(evaluation.MOST_FEATURES)
    columns = short_names.unique(table["feature"]), table["importance"], table["std"]
    features = [FeatureImportance(name, float(loss), float(std)) for name, loss, std in zip(*columns, strict=True)]
    return FeatureImportances(measured.all_columns, len(measured.losses), features)
