"""ROC, precision and recall as points."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from steps.training.scores import ranking

CLASSES = np.array(["a", "b", "c"])


def chances(rows=3000, classes=3, skill=1.0):
    """Classes of rows, and a probability for each."""
    random = np.random.default_rng(0)
    target = random.integers(classes, size=rows)
    likely = np.exp(random.normal(size=(rows, classes)) + skill * np.eye(classes)[target])
    return target, likely / likely.sum(axis=1, keepdims=True)


def area(line):
    return float(np.trapezoid(line[1], line[0]))


@pytest.mark.parametrize("weighted", [False, True])
def test_areas_and_points_are_those_of_scikit_learn(weighted):
    """Of one class; so many points that a screen shows no difference, from one corner to the other."""
    target, likely = chances()
    weights = np.random.default_rng(1).random(len(target)) if weighted else None
    made = ranking.curves({"b": likely[:, 1]}, CLASSES[target], weights)
    assert made is not None
    assert (made.of, made.mean_roc, made.mean_roc_auc) == (1, None, None)
    (curve,) = made.classes
    assert curve.name == "b"
    assert curve.share == pytest.approx(np.average(target == 1, weights=weights))
    assert curve.roc_auc == pytest.approx(roc_auc_score(target == 1, likely[:, 1], sample_weight=weights))
    expected = average_precision_score(target == 1, likely[:, 1], sample_weight=weights)
    assert curve.average_precision == pytest.approx(expected)
    assert area(curve.roc) == pytest.approx(curve.roc_auc, abs=0.003)
    assert area(curve.precision_recall) == pytest.approx(curve.average_precision, abs=0.01)
    for line in (curve.roc, curve.precision_recall):
        assert len(line[0]) <= 200
        assert (line[0][0], line[0][-1]) == (0, 1)
        assert np.all(np.diff(line[0]) >= 0)


def test_of_many_classes_those_that_are_told_worst_have_curves():
    """In the order of the classes; the mean over all is that of the run's metric."""
    target, likely = chances(classes=8)
    likely[:, [1, 6]] = np.random.default_rng(1).random((len(target), 2))
    made = ranking.curves({f"class {n}": likely[:, n] for n in range(8)}, np.array([f"class {n}" for n in target]))
    assert made is not None
    names = [curve.name for curve in made.classes]
    assert (made.of, len(names), names) == (8, 5, sorted(names))
    assert {"class 1", "class 6"} <= set(names)
    each = [roc_auc_score(target == n, likely[:, n]) for n in range(8)]
    assert made.mean_roc_auc == pytest.approx(np.mean(each))
    assert made.mean_roc is not None
    assert area(made.mean_roc) == pytest.approx(np.mean(each), abs=0.003)


def test_a_class_that_can_t_have_a_curve_has_none():
    """There is no row of it, or no other, or they weigh nothing."""
    target, likely = chances(rows=50)
    ranked = {label: likely[:, n] for n, label in enumerate(CLASSES)}
    two = np.where(CLASSES[target] == "c", "a", CLASSES[target])
    made = ranking.curves(ranked, two)
    assert made is not None
    assert (made.of, [curve.name for curve in made.classes]) == (2, ["a", "b"])
    assert ranking.curves(ranked, np.full(50, "a")) is None
    weights = (target == 1).astype(float)
    assert ranking.curves(ranked, CLASSES[target], weights) is None


def test_what_knows_nothing_has_the_diagonal():
    """One number for all rows: two points, an area of a half."""
    target, _ = chances(rows=50)
    made = ranking.curves({"a": np.full(50, 0.3)}, CLASSES[target])
    assert made is not None
    assert made.classes[0].roc == ([0, 1], [0, 1])
    assert made.classes[0].roc_auc == 0.5
