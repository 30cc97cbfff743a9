"""Which trial comes next. Pure: no MLflow, no process, no clock.

The rule that makes a parallel search repeatable: when trial n is asked, Optuna has been told exactly the trials
0 … n − window, whatever else has finished since; the trials between stand in it as running. And each ask draws from a
sampler that is seeded by (seed, n) alone. So what trial n tries depends on the space, the seed, the window and the
scores of those trials, never on timing or on the number of workers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: TPESampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: its state and, where that is COMPLETE, the objective's value."""

    state: TrialState
    value: float | None = None


class Search:
    """An Optuna study, in memory, that is asked and told in a fixed order; the objective is maximized."""

    def __init__(self, space: Mapping[str, BaseDistribution], *, sampler: str, seed: int, window: int):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = dict(space)
        self._sampler = SAMPLERS[sampler]
        self._seed = seed
        self._window = window
        self._study = optuna.create_study(direction="maximize", sampler=self._sampler(seed))
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
        """Return the next trial's number and hyperparameters. Only after `can_ask`."""
        number = self.asked
        for settled in range(self._told, number - self._window + 1):
            self._tell(settled)
        # Seeded by (seed, number): a sampler that lives on would draw by the order of calls, and one study-wide seed
        # would repeat its draws after a resume.
        self._study.sampler = self._sampler(int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0]))
        trial = self._study.ask(fixed_distributions=self._space)
        self._trials.append(trial)
        return number, dict(trial.params)

    def settle(self, number: int, outcome: Outcome) -> None:
        """Take note of how a trial ended; Optuna is told when its turn comes."""
        self._outcomes[number] = outcome

    def _tell(self, number: int) -> None:
        outcome = self._outcomes[number]
        self._study.tell(self._trials[number], outcome.value, state=outcome.state)
        self._told = number + 1
