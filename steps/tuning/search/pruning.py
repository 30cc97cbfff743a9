"""Which trial is ended early: Optuna's pruners, asked so that a study prunes the same trials each time.

A pruner compares a running trial with others, and timing decides which of them have ended by then. So trial n is
compared with exactly the trials that Optuna had been told when n was asked. Its steps are judged one by one in their
order, and the first "prune" decides, even if the trial has gone on meanwhile.
"""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

# Hyperband assigns a trial to a bracket by a hash of the study's name and the trial's number.
STUDY_NAME = "tuning"
Steps = Sequence[tuple[int, float]]  # what a trial has reported: (step, value) in the order of the steps


def set_up_brackets(study: optuna.Study) -> None:
    """Let Hyperband set up its brackets from the trials told so far; samplers look at these brackets too."""
    study.pruner.prune(study, create_trial(state=TrialState.RUNNING))


class Judge:
    """Judges the steps of one trial as they come, against the trials that had been told when it was asked.

    `others` are all trials before it; those that had not been told by then stand as running trials without a step.
    """

    def __init__(self, others: Sequence[FrozenTrial], pruner: BasePruner, direction: StudyDirection):
        self._study = optuna.create_study(
            study_name=STUDY_NAME, direction=direction, sampler=RandomSampler(), pruner=pruner
        )
        self._study.add_trials(others)
        self._trial = self._study.ask()
        self._steps = 0
        self.pruned_at: int | None = None

    def judge(self, steps: Steps) -> int | None:
        """Return the step at which the trial is pruned, None if it goes on; `steps` are all of its steps so far."""
        for step, value in steps[self._steps :]:
            if self.pruned_at is not None:
                break
            self._steps += 1
            self._trial.report(value, step)
            if self._trial.should_prune():
                self.pruned_at = step
        return self.pruned_at

    def notes(self) -> dict[str, Any]:
        """Return the pruner's notes in the trial, such as the rungs that it reached; later trials compete with them."""
        notes: dict[str, Any] = self._study.get_trials(deepcopy=False)[self._trial.number].system_attrs
        return notes


def as_running(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial as it stood when it began: its parameters, no step and no value."""
    return create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)


def running_means(steps: Steps) -> Steps:
    """Turn the scores of folds into the mean so far at each fold, which is what the objective will be."""
    means, total = [], 0.0
    for count, (step, value) in enumerate(steps, start=1):
        total += value
        means.append((step, total / count))
    return means


def as_logged(steps: Steps) -> Steps:
    """Return the steps as they are."""
    return steps
