"""How a study can go on: with more of what has stopped it, and with the settings that it has no record of."""

from collections.abc import Mapping

from steps.tuning.record import identity
from steps.tuning.search import stopping
from steps.tuning.study_plan import StudyPlan

# What is to be raised to go on with a study that was stopped so.
_RAISED = {stopping.N_TRIALS: "n_trials", stopping.PATIENCE: "patience", stopping.FAILURES: "max_failures"}


def raised(stopped_by: str | None) -> str | None:
    """Return the setting that has to be raised for a study to go on, None if none has to."""
    return _RAISED.get(stopped_by or "")


def settings(plan: StudyPlan, stopped_by: str | None, given: Mapping[str, str]) -> dict[str, str] | None:
    """Return the settings with which a study goes on, which takes the rest from its record; None if it is at its end.

    `given` are its settings that are not as by default. `stopped_by` is one of `stopping`, None while it runs.
    """
    if stopped_by not in (None, *_RAISED, *stopping.GOES_ON):
        return None
    more = raised(stopped_by)
    if more == "n_trials" and plan.fidelity is not None:
        return None  # that makes it another study
    kept = {name: word for name, word in given.items() if name not in (*identity.RESUMED, "study")}
    return kept if more is None else {**kept, more: str(2 * getattr(plan.settings, more))}
