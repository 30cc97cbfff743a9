"""What MLflow's UI says of a trial's run in words: its description."""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import TrialState

from steps.tuning.trials.trial import TrialResult


def of(ended: TrialResult, pruned_at: int | None, objectives: Sequence[str], recorded: Mapping[str, Any]) -> str:
    """Describe a trial that has ended: its scores, or why it has none, and its hyperparameters.

    `objectives` are their names, and `recorded` is what the trial tried; `pruned_at` is the step if it was pruned.
    """
    tried = ", ".join(f"{name} {value}" for name, value in shortened(recorded).items())
    return f"{_end(ended, pruned_at, objectives)}, with {tried}" if tried else _end(ended, pruned_at, objectives)


def _end(ended: TrialResult, pruned_at: int | None, objectives: Sequence[str]) -> str:
    outcome = ended.outcome
    if ended.retried:
        return f"Failed, and run again: {ended.reason.removesuffix('.')}"
    if outcome.state == TrialState.FAIL:
        return f"Failed: {ended.reason.removesuffix('.')}"
    if pruned_at is not None:
        score = f", its last score {outcome.steps[-1][1]:.6g}" if outcome.steps else ""
        return f"Pruned at step {pruned_at}{score}"
    if outcome.state == TrialState.PRUNED:  # with a part of its budget, which stands among what was tried
        return f"{objectives[0]} {outcome.steps[-1][1]:.6g}"
    scores = ", ".join(f"{name} {value:.6g}" for name, value in zip(objectives, outcome.values, strict=True))
    return scores if outcome.is_feasible else f"{scores}, but it breaks a constraint"


def shortened(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters with six digits of each number, for people; what is on record has all of them."""
    return {name: float(f"{value:.6g}") if isinstance(value, float) else value for name, value in recorded.items()}
