"""How well a model ranks rows, class by class: ROC, precision and recall, as points of curves."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from steps.tracking import evaluation
from steps.tracking.evaluation import Curve, Curves, Line
from steps.training.scores import short_names
from steps.training.scores.held_out import Answers

_DIGITS = 5  # finer than any screen


def of_classes(answers: Answers, rows: np.ndarray, positive: object = None) -> dict[object, np.ndarray] | None:
    """Return for each class a number for each row, higher the likelier the class; None if the model has none.

    Of two classes it is for `positive` alone, or for the greater one.
    """
    for method in ("predict_proba", "decision_function"):
        if hasattr(answers, method):
            values = getattr(answers, method)(rows)
            labels = list(answers.classes_)
            of_two = labels[1] if positive is None else positive
            if values.ndim == 1:
                return {of_two: values if of_two == labels[1] else -values}
            return {label: values[:, labels.index(label)] for label in (labels if len(labels) > 2 else [of_two])}
    return None


def drawable(
    ranked: dict[object, np.ndarray], target: np.ndarray, weights: np.ndarray | None = None
) -> dict[object, np.ndarray]:
    """Return the part of a ranking that has a curve: there are rows of the class, and others, that weigh something."""
    counted = np.ones(len(target), dtype=bool) if weights is None else np.asarray(weights) > 0
    return {
        label: values for label, values in ranked.items() if 0 < np.sum((target == label)[counted]) < np.sum(counted)
    }


def curves(ranked: dict[object, np.ndarray], target: np.ndarray, weights: np.ndarray | None = None) -> Curves | None:
    """Return the curves of the classes, of too many those of the lowest ROC AUC; None if no class has one."""
    lines = drawable(ranked, target, weights)
    if not lines:
        return None
    rocs = {label: roc_curve(target == label, values, sample_weight=weights)[:2] for label, values in lines.items()}
    areas = {label: float(auc(*roc)) for label, roc in rocs.items()}
    lowest = sorted(areas, key=lambda label: areas[label])[: evaluation.MOST_CURVES]
    names = dict(zip(lines, short_names.unique(lines), strict=True))
    drawn = []
    for label in (label for label in lines if label in lowest):
        is_it, values = target == label, lines[label]
        precision, recall, _ = precision_recall_curve(is_it, values, sample_weight=weights, drop_intermediate=True)
        drawn.append(
            Curve(
                name=names[label],
                share=float(np.average(is_it, weights=weights)),
                roc_auc=areas[label],
                average_precision=float(average_precision_score(is_it, values, sample_weight=weights)),
                roc=thinned(*rocs[label]),
                precision_recall=thinned(recall[::-1], precision[::-1]),
            )
        )
    if len(lines) < 2:
        return Curves(len(lines), drawn)
    return Curves(len(lines), drawn, float(np.mean(list(areas.values()))), _mean(list(rocs.values())))


def _mean(rocs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Line:
    """Return the mean of the true positive rates at each false positive rate, from 0, 0 on."""
    at = np.linspace(0, 1, evaluation.MOST_POINTS - 1)
    rates = np.mean([np.interp(at, *roc) for roc in rocs], axis=0)  # of several at the same place, the last
    return thinned(np.append(0.0, at), np.append(0.0, rates))


def thinned(x: np.ndarray, y: np.ndarray) -> Line:
    """Return so many points of a line that it can be drawn, spread evenly along its way; both ends are kept."""
    chosen = np.arange(len(x))
    if len(x) > evaluation.MOST_POINTS:
        way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        chosen = np.unique(np.searchsorted(way, np.linspace(0, way[-1], evaluation.MOST_POINTS)).clip(max=len(x) - 1))
    return tuple([round(float(each), _DIGITS) for each in values[chosen]] for values in (x, y))  # type: ignore[return-value]
