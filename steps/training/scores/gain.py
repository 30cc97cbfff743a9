"""The interval of a held-out score, and what tuning gained over the estimator's defaults and over a dummy."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from steps.names import Metric
from steps.training.scores import scorers
from steps.training.scores.held_out import Answers, score

# Resamples of the held-out rows; fewer if there are many rows, since each costs more and varies less.
_RESAMPLES, _FEWER, _MANY_ROWS = 1000, 200, 10_000
# The interval's share, and the share of resamples that must have a score: one that lacks a class may have none.
_SHARE, _ENOUGH = 0.95, 0.9


def compare(
    metric: str,
    tuned: Answers,
    baseline: Answers,
    dummy: Answers,
    target: np.ndarray,
    seed: int,
    weights: np.ndarray | None = None,
    positive: object = None,
) -> dict[str, float]:
    """Return the intervals of the held-out score and of the gain over the baseline, and the others' scores, by name.

    The intervals are percentile bootstrap ones of 95 % (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
    chapter 13), of the gain over the same resamples for both; seeded, so that they can be repeated.
    """
    scorer = partial(score, scorers.get(metric, positive), target=target, weights=weights)
    whole, of_baseline = scorer(tuned), scorer(baseline)
    of_rows = [_of_rows("" if weights is not None else metric, scorer, each, target) for each in (tuned, baseline)]
    # Of rows that lack the class it is about, such a metric is 0 by scikit-learn's convention: that says nothing.
    needed = np.ones(len(target), dtype=bool)
    if scorers.is_about_one_class(metric):
        needed = target == (1 if positive is None else positive)
        needed &= True if weights is None else weights > 0
    rng = np.random.default_rng(seed)
    own, gains = [], []
    for _ in range(_RESAMPLES if len(target) <= _MANY_ROWS else _FEWER):
        rows = rng.integers(len(target), size=len(target))
        if not needed[rows].any():
            continue
        with suppress(ValueError):
            value, other = (score_of(rows) for score_of in of_rows)
            own.append(value)
            gains.append(value - other)
    return {
        Metric.baseline_test(metric): of_baseline,
        Metric.dummy_test(metric): scorer(dummy),
        Metric.GAIN: whole - of_baseline,
        **_interval(Metric.test(metric), own, len(target)),
        **_interval(Metric.GAIN, gains, len(target)),
    }


def _of_rows(metric: str, scorer: Any, answers: Answers, target: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return what scores some rows: a mean of theirs for the metrics of `auto`, where scikit-learn takes a millisecond.

    2,000 scores of scikit-learn's took half of what a champion took on a small table.
    """
    if metric not in ("accuracy", "r2"):
        return lambda rows: float(scorer(answers, rows=rows))
    predicted = answers.predict(np.arange(len(target))).reshape(len(target))
    if metric == "accuracy":
        right = predicted == target
        return lambda rows: float(np.mean(right[rows]))
    lost = (predicted - target) ** 2

    def r2(rows: np.ndarray) -> float:
        spread = float(np.var(target[rows]))
        return 1 - float(np.mean(lost[rows])) / spread if spread else float(scorer(answers, rows=rows))

    return r2


def _interval(name: str, values: list[float], rows: int) -> dict[str, float]:
    finite = np.array([value for value in values if np.isfinite(value)])
    wanted = _RESAMPLES if rows <= _MANY_ROWS else _FEWER
    if len(finite) < _ENOUGH * wanted:
        return {}
    low, high = np.quantile(finite, [(1 - _SHARE) / 2, (1 + _SHARE) / 2])
    return {Metric.low(name): float(low), Metric.high(name): float(high)}
