"""Probabilities beside what came true."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from steps.training.scores import calibration


class States:
    """A model with these probabilities."""

    def __init__(self, classes, chances):
        self.classes_ = np.array(classes)
        self.chances = chances

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        answers: np.ndarray = self.chances[X]
        return answers


def honest(rows=2000, power=1.0):
    """A model of two classes, whose probabilities are true, or with a power too sure; and the rows' classes."""
    random = np.random.default_rng(0)
    true = random.random(rows)
    target = np.where(random.random(rows) < true, "yes", "no")
    stated = true**power / (true**power + (1 - true) ** power)
    model: Any = States(["no", "yes"], np.column_stack([1 - stated, stated]))
    return model, target


def test_true_probabilities_come_true():
    """In ten bins of as many rows, the intervals have what was stated; of one that is too sure they have not."""
    model, target = honest()
    made = calibration.measure(model, target)
    assert made is not None
    assert (made.name, len(made.bins), sum(each.rows for each in made.bins)) == ("yes", 10, 2000)
    assert sum(each.low <= each.predicted <= each.high for each in made.bins) >= 9
    sure = calibration.measure(*honest(power=3))
    assert sure is not None
    assert sum(each.low <= each.predicted <= each.high for each in sure.bins) <= 5


def test_it_is_about_the_positive_class():
    """The other one is its mirror."""
    model, target = honest()
    yes, no = (calibration.measure(model, target, positive=label) for label in ("yes", "no"))
    assert yes is not None
    assert no is not None
    assert no.name == "no"
    assert [each.observed for each in no.bins] == pytest.approx([1 - each.observed for each in reversed(yes.bins)])


def test_of_many_classes_it_is_about_the_likeliest():
    """Whether it is right as often as its probability says."""
    random = np.random.default_rng(0)
    chances = random.dirichlet([1, 1, 1], size=1500)
    target = np.array(["abc"[random.choice(3, p=each)] for each in chances])
    model: Any = States(list("abc"), chances)
    made = calibration.measure(model, target)
    assert made is not None
    assert made.name is None
    assert sum(each.low <= each.predicted <= each.high for each in made.bins) >= 9


def test_few_rows_tell_nothing():
    """Nor do rows that weigh nothing, nor a model that states the same for all, or nothing."""
    model, target = honest(rows=59)
    assert calibration.measure(model, target) is None
    model, target = honest(rows=100)
    made = calibration.measure(model, target)
    assert made is not None
    assert len(made.bins) == 5
    assert calibration.measure(model, target, weights=(np.arange(100) < 50).astype(float)) is None
    same: Any = States(["no", "yes"], np.full((100, 2), 0.5))
    assert calibration.measure(same, target) is None
    none: Any = object()
    assert calibration.measure(none, target) is None


def test_weights_widen_the_interval():
    """Rows that count tenfold count in the share; the interval is that of as many equal ones."""
    model, target = honest(rows=400)
    weights = np.where(np.arange(400) % 10 == 0, 10.0, 1.0)
    plain, weighted = (calibration.measure(model, target, each) for each in (None, weights))
    assert plain is not None
    assert weighted is not None
    widths = [np.mean([each.high - each.low for each in made.bins]) for made in (plain, weighted)]
    assert widths[1] > 1.3 * widths[0]
    expected = stats.binomtest(9, 10).proportion_ci(method="wilson")
    assert calibration.wilson(0.9, 10) == pytest.approx((expected.low, expected.high), abs=1e-6)
