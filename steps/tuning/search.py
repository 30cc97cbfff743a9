"""Which trial comes next. Pure: no MLflow, no process, no clock.

The rule that makes a parallel search repeatable: when trial n is asked, Optuna has been told exactly the trials
0 … n − window, whatever else has finished since; the trials between stand in it as running. And each ask draws from a
sampler that is seeded by (seed, n) alone. So what trial n tries depends on the space, the seed, the window and the
scores of those trials, never on timing or on the number of workers.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from steps.tuning.space import Space

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


def grouped_tpe(seed: int) -> BaseSampler:
    """Make TPE that learns each branch of a conditional space by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return TPESampler(seed=seed, multivariate=True, group=True)


# Where these take the place of the samplers above.
CONDITIONAL: dict[str, Callable[[int], BaseSampler]] = {"tpe": grouped_tpe}


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: its state and, where that is COMPLETE, the objective's value."""

    state: TrialState
    value: float | None = None


class Search:
    """An Optuna study, in memory, that is asked and told in a fixed order; the objective is maximized."""

    def __init__(self, space: Space, *, sampler: str, seed: int, window: int):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = space
        self._sampler = (SAMPLERS | CONDITIONAL if space.conditional else SAMPLERS)[sampler]
        self._seed = seed
        self._window = window
        self._study = optuna.create_study(direction="maximize", sampler=self._sampler(seed))
        for params in space.tries:
            self._study.enqueue_trial(params)
        self._trials: list[optuna.Trial] = []
        self._outcomes: dict[int, Outcome] = {}
        self._told = 0

    @property
    def asked(self) -> int:
        """Return how many trials have been asked for; the next one has this number."""
        return len(self._trials)

    def can_ask(self) -> bool:
        """Tell whether all that the next trial has to know is there."""
        return all(number in self._outcomes for number in range(self._told, self.asked - self._window + 1))

    def ask(self) -> tuple[int, dict[str, Any]]:
        """Return the next trial's number and Optuna's parameters, the active ones. Only after `can_ask`."""
        number = self.asked
        for settled in range(self._told, number - self._window + 1):
            self._tell(settled)
        # Seeded by (seed, number): a sampler that lives on would draw by the order of calls, and one study-wide seed
        # would repeat its draws after a resume.
        self._study.sampler = self._sampler(int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0]))
        if self.space.conditional:
            trial = self._study.ask()
            self.space.suggest(trial)
        else:
            trial = self._study.ask(fixed_distributions=self.space.distributions)
        self._trials.append(trial)
        return number, dict(trial.params)

    def settle(self, number: int, outcome: Outcome) -> None:
        """Take note of how a trial ended; Optuna is told when its turn comes."""
        self._outcomes[number] = outcome

    def _tell(self, number: int) -> None:
        outcome = self._outcomes[number]
        self._study.tell(self._trials[number], outcome.value, state=outcome.state)
        self._told = number + 1
