"""What is compared: random search, a plain sequential Optuna study, and this project's search at several windows.

Each is a function of a problem, a seed, a number of trials and what evaluates a point; it returns the loss of every
trial, in order. A trial whose loss is not finite fails.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState

from steps.tuning.search.search import Outcome, Search
from steps.tuning.space import Space

WINDOWS = (1, 4, 8, 16)
# How many trials Optuna's TPE draws at random before it is one.
STARTUP = 10


class Searched(Protocol):
    """A problem, as the optimizers need it."""

    @property
    def space(self) -> Space:
        """Return what is searched."""

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Return the same as Optuna has it."""


Evaluate = Callable[[Mapping[str, Any]], float]
Optimizer = Callable[[Searched, int, int, Evaluate], list[float]]


def ours(sampler: str, window: int) -> Optimizer:
    """Return this project's search. What trial n is told is exact, so it is run here one trial after the other."""

    def run(problem: Searched, seed: int, trials: int, evaluate: Evaluate) -> list[float]:
        search = Search(problem.space, sampler=sampler, seed=seed, window=window, directions=("minimize",))
        losses = []
        for _ in range(trials):
            number, params = search.ask()
            losses.append(evaluate(params))
            search.settle(number, _outcome(losses[-1]))
        return losses

    return run


def plain_tpe(problem: Searched, seed: int, trials: int, evaluate: Evaluate) -> list[float]:
    """Run Optuna's default sampler, told of every trial before the next.

    Its start at random is given: the same points as those of the others, so that luck in these does not count.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=TPESampler(seed=seed))
    start = Search(problem.space, sampler="random", seed=seed, window=STARTUP)
    for _ in range(STARTUP):
        study.enqueue_trial(start.ask()[1])
    losses = []
    for _ in range(trials):
        trial = study.ask(problem.distributions)
        losses.append(evaluate(trial.params))
        outcome = _outcome(losses[-1])
        study.tell(trial, outcome.values or None, state=outcome.state)
    return losses


RANDOM, PLAIN = "random search", "plain TPE"
OPTIMIZERS: dict[str, Optimizer] = {
    RANDOM: ours("random", 1),
    PLAIN: plain_tpe,
    **{f"here, window {window}": ours("tpe", window) for window in WINDOWS},
}


def _outcome(loss: float) -> Outcome:
    return Outcome(TrialState.COMPLETE, (loss,)) if math.isfinite(loss) else Outcome(TrialState.FAIL)
