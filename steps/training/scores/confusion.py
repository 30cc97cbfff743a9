"""How often each class is taken for each other, of not too many classes to be read."""

import numpy as np

from steps.tracking import evaluation
from steps.tracking.evaluation import Confusion
from steps.training.scores import short_names


def matrix(target: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> Confusion:
    """Count the rows, or sum their weights, by actual and predicted class, the classes in their own order.

    If there are too many, those are kept that are in the most mistakes, and the others are counted as one.
    """
    count = len(target)
    labels, codes = np.unique(np.concatenate([target, predicted]), return_inverse=True)
    actual, guessed = codes[:count], codes[count:]
    weight = np.ones(count) if weights is None else np.asarray(weights, dtype=float)
    kept = _worst(actual, guessed, weight, len(labels))
    others = len(labels) - len(kept)
    place = np.full(len(labels), len(kept))
    place[kept] = np.arange(len(kept))
    size = len(kept) + bool(others)
    counts = np.zeros((size, size))
    np.add.at(counts, (place[actual], place[guessed]), weight)
    names = [*labels[kept].tolist(), *([f"{others} others"] if others else [])]
    right = float(weight[(actual == guessed) & (place[actual] == len(kept))].sum())
    return Confusion(
        short_names.unique(names), [[_plain(each) for each in row] for row in counts], others, _plain(right)
    )


def _worst(actual: np.ndarray, guessed: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the classes that are kept, in order: of many those in the most mistakes, then rows."""
    if count <= evaluation.MOST_CLASSES:
        return np.arange(count)
    wrong = actual != guessed
    mistakes = np.bincount(actual[wrong], weight[wrong], minlength=count)
    mistakes += np.bincount(guessed[wrong], weight[wrong], minlength=count)
    rows = np.bincount(actual, weight, minlength=count)
    order: np.ndarray = np.lexsort((np.arange(count), -rows, -mistakes))[: evaluation.MOST_CLASSES - 1]
    return np.sort(order)


def _plain(number: float) -> float:
    """Return a count as JSON shows it best: whole numbers as such."""
    return int(number) if float(number).is_integer() else float(f"{number:.10g}")
