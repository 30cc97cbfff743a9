"""Whether a classifier's probabilities are what they say: of the rows with 0.8, do 8 of 10 come true?"""

import math

import numpy as np

from steps.tracking import evaluation
from steps.tracking.evaluation import Calibration, CalibrationBin
from steps.training.scores import short_names
from steps.training.scores.held_out import Answers

# With fewer rows in a bin, or fewer bins, all is within chance.
_LEAST_ROWS, _LEAST_BINS = 20, 3
_Z = 1.959964  # of a 95 % interval


def measure(
    answers: Answers, target: np.ndarray, weights: np.ndarray | None = None, positive: object = None
) -> Calibration | None:
    """Compare probabilities with what came true: of two classes, of `positive` or the greater one.

    Of more classes it is the probability of each row's likeliest. None for a model without probabilities, and for too
    few rows to tell.
    """
    if not hasattr(answers, "predict_proba"):
        return None
    probabilities, labels = answers.predict_proba(np.arange(len(target))), answers.classes_
    if len(labels) == 2:
        label = labels[1] if positive is None else positive
        stated, came_true = probabilities[:, list(labels).index(label)], target == label
        name = short_names.unique([label])[0]
    else:
        stated, came_true, name = probabilities.max(axis=1), labels[probabilities.argmax(axis=1)] == target, None
    bins = _bins(stated, came_true, np.ones(len(target)) if weights is None else np.asarray(weights, dtype=float))
    return Calibration(name, bins) if len(bins) >= _LEAST_BINS else None


def _bins(stated: np.ndarray, came_true: np.ndarray, weights: np.ndarray) -> list[CalibrationBin]:
    """Put equally many rows in each bin; those with the same probability are in the same one."""
    counted = weights > 0
    stated, came_true, weights = stated[counted], came_true[counted], weights[counted]
    wanted = min(evaluation.MOST_BINS, len(stated) // _LEAST_ROWS)
    if wanted < _LEAST_BINS:
        return []
    edges = np.unique(np.quantile(stated, np.linspace(0, 1, wanted + 1)[1:-1]))
    number = np.searchsorted(edges, stated, side="left")
    return [
        _bin(stated[number == each], came_true[number == each], weights[number == each]) for each in np.unique(number)
    ]


def _bin(stated: np.ndarray, came_true: np.ndarray, weights: np.ndarray) -> CalibrationBin:
    observed = float(np.average(came_true, weights=weights))
    # As many rows of equal weights would say as much (Kish, Survey Sampling, 1965).
    low, high = wilson(observed, float(weights.sum() ** 2 / np.sum(weights**2)))
    predicted = float(np.average(stated, weights=weights))
    return CalibrationBin(round(predicted, 5), round(observed, 5), round(low, 5), round(high, 5), len(stated))


def wilson(share: float, rows: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of some rows (Wilson, JASA 22, 1927), which is of use near 0 and 1 too.

    >>> [round(end, 4) for end in wilson(0.9, 10)]
    [0.5958, 0.9821]
    """
    scale = 1 + _Z**2 / rows
    middle = (share + _Z**2 / (2 * rows)) / scale
    half = _Z * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)
