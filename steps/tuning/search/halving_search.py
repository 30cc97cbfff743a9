"""A search in which configurations are evaluated with a part of their budget first, and promoted: see `promotion`.

It has the face of `Search`, and what counts there by trials counts here by evaluations. Optuna's samplers know trials
that end once. So for each new configuration a study is made anew, as things stand by what is known then: a
configuration that reached the top is COMPLETE; one below it is PRUNED, with its scores as steps, the budget being the
step, which is how TPE ranks those that got further before the others; one without a score yet is RUNNING. Such a study
of 300 configurations is made in 0.06 s.
"""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.tuning.search import pruning, stopping
from steps.tuning.search.objective import sign_of
from steps.tuning.search.promotion import Evaluation, Fidelity, Ladder
from steps.tuning.search.pruning import Steps
from steps.tuning.search.samplers import Sampler
from steps.tuning.search.search import Outcome, Search
from steps.tuning.space import Space

# The others keep notes in Optuna's study, or learn from COMPLETE trials alone.
SAMPLERS = ("tpe", "random", "grid")


def check(fidelity: str, sampler: str, pruner: str | None, objectives: int) -> None:
    """Raise WrongValue, naming all problems, for settings that don't go with a fidelity."""
    problems = []
    if sampler not in SAMPLERS:
        problems.append(
            f"{option('sampler', sampler)}: must be one of {', '.join(SAMPLERS)} with {option('fidelity', fidelity)}"
        )
    if pruner is not None:
        problems.append(
            f"{option('pruner', pruner)}: must be none with {option('fidelity', fidelity)}, which ends trials early "
            "itself"
        )
    if objectives > 1:
        problems.append(f"{option('fidelity', fidelity)}: must be none with two objectives: promotions go by one")
    if problems:
        raise WrongValue(*problems)


class HalvingSearch:
    """Asks for evaluations in a fixed order; `n_trials` configurations in all, which are its trials."""

    prunes = False

    def __init__(
        self, space: Space, *, sampler: str, seed: int, window: int, direction: str, n_trials: int, fidelity: Fidelity
    ):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._fidelity = space, fidelity
        self._sampler, self._direction = Sampler(sampler, space, seed), StudyDirection[direction.upper()]
        size = n_trials if self._sampler.size is None else min(n_trials, self._sampler.size)
        self._end = stopping.N_TRIALS if size == n_trials else stopping.EXHAUSTED
        self._ladder = Ladder(len(fidelity.budgets), fidelity.factor, sign_of(direction), window, size)
        self._params: list[dict[str, Any]] = []

    @property
    def asked(self) -> int:
        """Return how many evaluations have been asked for."""
        return len(self._ladder.evaluations)

    @property
    def exhausted(self) -> bool:
        """Tell whether no evaluation is left."""
        self._ladder.next()
        return self._ladder.is_finished

    @property
    def why_exhausted(self) -> str:
        """Return the reason for which the study stops then."""
        return self._end

    @property
    def evaluation(self) -> Evaluation:
        """Return the evaluation that was asked for last."""
        return self._ladder.evaluations[-1]

    def can_ask(self) -> bool:
        """Tell whether there is a next evaluation, and all that it depends on is settled."""
        return self._ladder.next() is not None

    def ask(self, recorded: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Return the configuration that is evaluated next: its number and parameters. Call only if `can_ask`.

        `recorded` are its parameters if they are on record.
        """
        evaluation = self._ladder.take()
        if evaluation.rung == 0:
            self._params.append(self._draw(evaluation.number, recorded))
        return evaluation.number, dict(self._params[evaluation.number])

    def judge(self, _number: int, _steps: Steps) -> int | None:
        """Return None: no evaluation is ended early."""
        return None

    def settle(self, place: int, outcome: Outcome) -> None:
        """Keep how an evaluation ended."""
        score = None
        if outcome.state != TrialState.FAIL:
            score = outcome.values[0] if outcome.values else outcome.steps[-1][1]
        self._ladder.settle(place, score)

    def _draw(self, number: int, recorded: Mapping[str, Any] | None) -> dict[str, Any]:
        if recorded is not None and not self._sampler.redraws(number):
            return dict(recorded)
        study = optuna.create_study(study_name=pruning.STUDY_NAME, direction=self._direction)
        study.add_trials([self.as_it_stands(other) for other in range(number)])
        return dict(self._sampler.ask(study, number, recorded).params)

    def as_it_stands(self, number: int) -> FrozenTrial:
        """Return a configuration as a trial of Optuna's, by what is known of it; see `Search` for failed ones."""
        rungs, has_failed = zip(self._fidelity.budgets, self._ladder.scores, strict=True), number in self._ladder.failed
        steps = {} if has_failed else {budget: scores[number] for budget, scores in rungs if number in scores}
        is_known = steps or has_failed
        top = self._ladder.scores[-1].get(number)
        state = TrialState.RUNNING if not is_known else TrialState.PRUNED if top is None else TrialState.COMPLETE
        params = self._params[number]
        return create_trial(
            state=state,
            value=top,
            params=params,
            distributions={name: self._space.distributions[name] for name in params},
            intermediate_values=steps,
        )


# What chooses a study's trials.
AnySearch = Search | HalvingSearch
