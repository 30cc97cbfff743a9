"""The confusion matrix in numbers."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from steps.training.scores import confusion


def answers(classes, rows=400, right=0.7):
    random = np.random.default_rng(0)
    target = random.choice(classes, rows)
    return target, np.where(random.random(rows) < right, target, random.choice(classes, rows))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [["b", "a", "c"], [10, 9, 2], [True, False], [1.0, 2.0]])
def test_it_is_that_of_scikit_learn(classes, weighted):
    """Classes of any kind in their own order, numbers as such; rows, or their weights."""
    target, predicted = answers(classes)
    weights = np.random.default_rng(1).random(len(target)) if weighted else None
    made = confusion.matrix(target, predicted, weights)
    expected = confusion_matrix(target, predicted, sample_weight=weights)
    assert np.array(made.counts) == pytest.approx(expected)
    assert made.classes == [str(label) for label in sorted(classes)]
    assert made.together == 0
    assert weighted or all(isinstance(count, int) for row in made.counts for count in row)


def test_a_class_that_is_only_predicted_is_there():
    """So is one that is never predicted."""
    made = confusion.matrix(np.array(["a", "b"], dtype=object), np.array(["a", "c"], dtype=object))
    assert (made.classes, made.counts) == (["a", "b", "c"], [[1, 0, 0], [0, 0, 1], [0, 0, 0]])


def test_of_too_many_classes_those_in_the_most_mistakes_are_kept():
    """The others are one, with what is right among them said; no row is lost."""
    target, predicted = answers(np.arange(30), right=1.1)
    confused = target == 17
    predicted[confused] = 23
    made = confusion.matrix(target, predicted)
    counts = np.array(made.counts)
    assert len(made.classes) == 20
    assert made.classes[-1] == "11 others"
    assert made.together == 11
    assert {"17", "23"} <= set(made.classes)
    assert counts[made.classes.index("17"), made.classes.index("23")] == confused.sum()
    assert counts.sum() == len(target)
    assert made.together_right == counts[-1, -1]
    mixed = confusion.matrix(target, np.random.default_rng(0).permutation(target))
    assert mixed.together_right < mixed.counts[-1][-1]


def test_names_that_would_be_alike_are_told_apart():
    """Long ones are cut in the middle; a class that is called like the others' sum stays itself."""
    labels = np.array(["x" * 100 + "y" * 100, "x" * 100 + "z" + "y" * 100, "a\nb", "a b"], dtype=object)
    names = confusion.matrix(labels, labels).classes
    assert len(set(names)) == 4
    assert max(map(len, names)) <= 64
    many = np.array(["5 others", *(f"class {number:02}" for number in range(23))], dtype=object)
    assert confusion.matrix(many, many).classes[-1] in ("5 others", "5 others (2)")
