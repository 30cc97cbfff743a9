"""Whether an estimator can answer what a metric asks it: probabilities, say, which an SVC has only on request."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.model import estimator
from steps.training.model.estimator import Maker
from steps.training.scores import scorers

_ROWS = 40  # enough for an estimator that cross-validates inside


def check(metric: str, maker: Maker, path: str, choices: Mapping[str, Iterable[Any]]) -> None:
    """Raise WrongValue if an estimator can't answer what a metric asks.

    `choices` has the values of each hyperparameter: one if it is fixed, none if it is a number in a range, which
    decides about no method. An estimator that has the method with one of them is none to refuse.
    """
    scorer = scorers.get(metric)
    method = scorers.lacking(scorer, maker())
    if method is None or any(_has(scorer, built) for built in _variants(maker, choices)):
        return
    raise WrongValue(
        f"{option('estimator', path)}: {path.rpartition('.')[2]} has no {method}, which {option('metric', metric)} "
        "needs; take another estimator, or another metric"
    )


def _variants(maker: Maker, choices: Mapping[str, Iterable[Any]]) -> Iterator[Any]:
    """Make the estimator with what is fixed, and then with each choice of each hyperparameter in turn."""
    listed = {name: list(values) for name, values in choices.items()}
    fixed = {name: values[0] for name, values in listed.items() if len(values) == 1}
    others = [{name: value} for name, values in listed.items() if len(values) > 1 for value in values]
    for one in [{}, *others]:
        with suppress(Exception):  # what it does not take, the trial that gets it says
            yield estimator.build(maker, {**fixed, **one}, seed=0, threads=1)


def _has(scorer: Any, built: Any) -> bool:
    """Tell whether an estimator has what a scorer calls; some, such as a stack, have it only after a fit."""
    if scorers.lacking(scorer, built) is None:
        return True
    features = np.random.default_rng(0).normal(size=(_ROWS, 2))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = built.fit(features, np.arange(_ROWS) % 2)
        return scorers.lacking(scorer, fitted) is None
    except Exception:  # nobody knows, then: a fit of the data says more
        return True
