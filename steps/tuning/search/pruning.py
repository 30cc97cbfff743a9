"""Which trial is not worth its end: Optuna's pruners, asked in a way that repeats.

A pruner compares a running trial with others. Which of them have ended by then is a matter of timing; so trial n is
compared with exactly what Optuna had been told when n was asked, step by step in their order, and its first "prune"
decides, even if the trial has run on meanwhile.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.samplers import RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

# Hyperband deals its brackets by the study's name and the trial's number.
STUDY_NAME = "tuning"
# The smallest p that n folds can give is 2^-n: at this threshold, it acts from the 4th fold on.
WILCOXON_P = 0.1

# By name; made for trials of so many steps, None where that is not known.
PRUNERS: dict[str, Callable[[int | None], BasePruner]] = {
    "median": lambda _: MedianPruner(),
    "hyperband": lambda steps: HyperbandPruner(max_resource=steps or "auto"),
    "wilcoxon": lambda _: WilcoxonPruner(p_threshold=WILCOXON_P),
}

Steps = Sequence[tuple[int, float]]  # what a trial has reported: (step, value), in the order of the steps


def make(name: str | None, steps: int | None) -> BasePruner:
    """Make a pruner that knows nothing yet; None: one that never prunes."""
    if name is None:
        return NopPruner()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return PRUNERS[name](steps)


def prime(study: optuna.Study) -> None:
    """Let Hyperband set up its brackets by what has been told, which samplers look at too."""
    study.pruner.prune(study, create_trial(state=TrialState.RUNNING))


class Judge:
    """Judges the steps of one trial as they come, against the trials that had been told when it was asked.

    `others`: all trials before it, those that had not been told by then as running trials without a step.
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
        """Return the step at which the trial is pruned, None if it goes on; `steps` begin anew each time."""
        for step, value in steps[self._steps :]:
            if self.pruned_at is not None:
                break
            self._steps += 1
            self._trial.report(value, step)
            if self._trial.should_prune():
                self.pruned_at = step
        return self.pruned_at

    def notes(self) -> dict[str, Any]:
        """Return what the pruner has noted in the trial, such as the rungs that it reached; later trials need it."""
        noted: dict[str, Any] = self._study.get_trials(deepcopy=False)[self._trial.number].system_attrs
        return noted


def as_running(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial as it stood before anything was known of it."""
    return create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)


def running_means(steps: Steps) -> Steps:
    """Turn the scores of folds into the mean so far at each fold: what the objective will be."""
    means, total = [], 0.0
    for count, (step, value) in enumerate(steps, start=1):
        total += value
        means.append((step, total / count))
    return means


def as_logged(steps: Steps) -> Steps:
    """Leave the steps as they are."""
    return steps
