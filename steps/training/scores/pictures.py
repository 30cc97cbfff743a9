"""Pictures of a model on the held-out rows, as artifacts of the active run, and the importances of its features."""

import matplotlib as mpl
import mlflow
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, PredictionErrorDisplay, RocCurveDisplay

from steps.names import Artifact, Tag
from steps.training.scores import ranking
from steps.training.scores.held_out import Answers
from steps.training.scores.importances import Importances

mpl.use("Agg")  # draws without a screen
# More can't be told apart in a picture.
_MOST_CLASSES = 10
_MOST_BARS = 30


def of_classes(
    answers: Answers, target: np.ndarray, weights: np.ndarray | None = None, positive: object = None
) -> None:
    """Log the confusion matrix and, if the model ranks rows, ROC and precision–recall curves, one for each class.

    Of two classes one has curves: `positive`, or the greater one.
    """
    rows = np.arange(len(target))
    figure = _figure("Confusion matrix, held-out rows")
    ConfusionMatrixDisplay.from_predictions(
        target,
        answers.predict(rows),
        sample_weight=weights,
        ax=figure.axes[0],
        colorbar=False,
        xticks_rotation="vertical",
    )
    _log(figure, Artifact.CONFUSION)
    ranked = ranking.of_classes(answers, rows, positive)
    if ranked is None:
        return
    drawn = ranking.drawable(ranked, target, weights)
    for name, title, display in (
        (Artifact.ROC, "ROC curve", RocCurveDisplay),
        (Artifact.PRECISION_RECALL, "Precision and recall", PrecisionRecallDisplay),
    ):
        figure = _figure(f"{title}, held-out rows")
        for label in list(drawn)[:_MOST_CLASSES]:
            display.from_predictions(
                target == label, drawn[label], sample_weight=weights, name=str(label), ax=figure.axes[0]
            )
        _log(figure, name)


def of_quantity(answers: Answers, target: np.ndarray) -> None:
    """Log predicted against actual values, and the residuals."""
    predicted = answers.predict(np.arange(len(target)))
    for name, kind, title in (
        (Artifact.PREDICTED, "actual_vs_predicted", "Predicted and actual"),
        (Artifact.RESIDUALS, "residual_vs_predicted", "Residuals"),
    ):
        figure = _figure(f"{title}, held-out rows")
        PredictionErrorDisplay.from_predictions(
            target, predicted, kind=kind, ax=figure.axes[0], random_state=0, subsample=1000
        )
        _log(figure, name)


def of_importances(measured: Importances, metric: str) -> None:
    """Log the importances of the features, as a table and a picture, and how often each was measured."""
    table = measured.table()
    mlflow.set_tag(Tag.IMPORTANCES, str(measured))
    mlflow.log_text(table.to_csv(index=False), Artifact.IMPORTANCES)
    shown = table.head(_MOST_BARS)[::-1]
    figure = _figure(f"Permutation importances: loss of {metric}", height=1.5 + 0.25 * len(shown))
    figure.axes[0].barh(shown["feature"], shown["importance"], xerr=shown["std"])
    _log(figure, Artifact.IMPORTANCES_PICTURE)


def _figure(title: str, *, height: float = 4.8) -> Figure:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    figure.add_subplot().set_title(title)
    return figure


def _log(figure: Figure, name: str) -> None:
    mlflow.log_figure(figure, name)
