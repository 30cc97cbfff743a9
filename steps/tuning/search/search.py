"""Which trial comes next, and which is pruned. Pure: no MLflow, no process, no clock.

The rule that makes a parallel search repeatable: when trial n is asked, Optuna has been told exactly the trials
0 … n − window, whatever else has finished since. The trials between stand in it as running. Each ask draws from a
sampler that is seeded by (seed, n) alone. So what trial n tries depends on the space, the seed, the window and the
scores of those trials, never on timing or on the number of workers.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from steps.tuning.search import pruners, pruning, stopping
from steps.tuning.search.pruning import Judge, Steps
from steps.tuning.search.samplers import Sampler
from steps.tuning.search.storage import SearchStorage
from steps.tuning.space import Space


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: its state, the value of each objective if it is COMPLETE, and the steps that count.

    `excess` is by how much it breaks each constraint, 0 or less if it keeps it.
    """

    state: TrialState
    values: tuple[float, ...] = ()
    steps: tuple[tuple[int, float], ...] = ()
    excess: tuple[float, ...] = ()

    @property
    def is_feasible(self) -> bool:
        """Tell whether it keeps every constraint."""
        return all(over <= 0 for over in self.excess)

    @property
    def counts(self) -> tuple[float, ...]:
        """Return the values by which it competes with others: none if it breaks a constraint."""
        return self.values if self.is_feasible else ()


class Search:
    """An Optuna study, in memory, that is asked and told in a fixed order.

    `directions` has "maximize" or "minimize" for each objective; `steps` is how many steps a trial has, None if that is
    unknown. `past` are trials of other studies, which Optuna is told before the first ask; they have no number here.
    `constraints` has a name for each. `failures_teach`: a failed trial is told as one that was pruned before its first
    step. `no_score_breaks`: where there are constraints, a trial without a score is told as one that breaks each of
    them more than any other does. See `_tell`.
    """

    def __init__(
        self,
        space: Space,
        *,
        sampler: str,
        seed: int,
        window: int,
        directions: Sequence[str] = ("maximize",),
        pruner: str | None = None,
        steps: int | None = None,
        past: Sequence[FrozenTrial] = (),
        failures_teach: bool = True,
        constraints: Sequence[str] = (),
        no_score_breaks: bool = True,
    ):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._sampler = Sampler(sampler, space, seed)
        self._window = window
        self._pruner, self._steps = pruner, steps
        self._failures_teach = failures_teach
        self._constraints, self._no_score_breaks = constraints, no_score_breaks
        self._storage = SearchStorage()
        self._study = optuna.create_study(
            study_name=pruning.STUDY_NAME,
            directions=[StudyDirection[direction.upper()] for direction in directions],
            storage=self._storage,
        )
        self._study.add_trials(past)
        self._past = len(past)
        self._trials: list[optuna.Trial] = []
        self._outcomes: dict[int, Outcome] = {}
        self._judges: dict[int, Judge] = {}
        self._told = 0

    @property
    def asked(self) -> int:
        """Return how many trials have been asked for; the next one has this number."""
        return len(self._trials)

    @property
    def exhausted(self) -> bool:
        """Tell whether the sampler has no trial left; only a grid comes to an end."""
        return self._sampler.size is not None and self.asked >= self._sampler.size

    @property
    def why_exhausted(self) -> str:
        """Return the reason for which the study stops then."""
        return stopping.EXHAUSTED

    @property
    def evaluation(self) -> None:
        """Return None: each trial is evaluated once, with all of its budget; see `halving_search`."""
        return None

    @property
    def prunes(self) -> bool:
        """Tell whether trials are judged while they run."""
        return self._pruner is not None

    def can_ask(self) -> bool:
        """Tell whether there is a next trial, and every trial that it must be told is settled."""
        settled = all(number in self._outcomes for number in range(self._told, self._told_at(self.asked)))
        return settled and not self.exhausted

    def ask(self, recorded: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Return the next trial's number and parameters; `recorded` are those on record. Call only if `can_ask`."""
        number = self.asked
        for settled in range(self._told, self._told_at(number)):
            self._tell(settled)
        if self.prunes:
            self._study.pruner = pruners.make(self._pruner, self._steps)
            pruning.set_up_brackets(self._study)
        with nullcontext() if self._sampler.reads_notes else self._storage.dropping_notes():
            trial = self._sampler.ask(self._study, number, recorded)
        self._trials.append(trial)
        return number, dict(trial.params)

    def judge(self, number: int, steps: Steps) -> int | None:
        """Return the step at which a trial is pruned, None if it goes on; `steps` are all that it has reported."""
        if not self.prunes:
            return None
        if number not in self._judges:
            others = self._study.get_trials(deepcopy=False)[: self._past + number]
            told = self._past + self._told_at(number)
            others[told:] = map(pruning.as_running, others[told:])
            pruner = pruners.make(self._pruner, self._steps, others[:told])
            self._judges[number] = Judge(others, pruner, self._study.direction)
        return self._judges[number].judge(steps)

    def settle(self, number: int, outcome: Outcome) -> None:
        """Keep how a trial ended; Optuna is told when the trial's turn comes."""
        self._outcomes[number] = outcome

    def _told_at(self, number: int) -> int:
        """Count the trials that have been told when trial `number` is asked."""
        return max(0, number - self._window + 1)

    def _tell(self, number: int) -> None:
        """Tell Optuna how a trial ended.

        TPE takes no notice of a FAIL, and goes back to where trials fail. A PRUNED trial without a step is the worst
        that it knows: it stays away, of one objective and of several. In a cliff's simulation (`scripts/bench search`)
        17 to 23 of 60 trials fail then, else 40 to 45. All other samplers, and all pruners, take FAIL and such a PRUNED
        for the same: for nothing. The steps of a failed trial are not told, since TPE would rank it by the last one.

        TPE ranks what breaks a constraint behind all that break none, and a trial without a score, failed or pruned,
        shows none. While few trials keep the constraints, TPE would go to where trials end early. So such a trial
        breaks them without end: behind all of which it is known by how much.
        """
        outcome, trial = self._outcomes[number], self._trials[number]
        state, failed = outcome.state, outcome.state == TrialState.FAIL
        if failed and self._failures_teach:
            state = TrialState.PRUNED
        if self.prunes:
            for step, value in outcome.steps if not failed else ():
                trial.report(value, step)
            if number in self._judges:
                self._storage.add_notes(pruning.STUDY_NAME, trial.number, self._judges.pop(number).notes())
        excess = outcome.excess
        if not outcome.values and self._no_score_breaks:
            excess = (math.inf,) * len(self._constraints)
        for name, over in zip(self._constraints, excess, strict=False):  # an earlier version told none without a score
            trial.set_constraint(name, over)
        self._study.tell(trial, outcome.values or None, state=state)
        self._told = number + 1
