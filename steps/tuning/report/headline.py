"""What the page of a study says first: the best hyperparameters, what it cost."""

from collections.abc import Sequence

from steps.names import Tag
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import STATES, TrialRecord
from steps.tuning.report.wording import duration, values


def best_of(record: StudyRecord) -> tuple[str, dict[str, str]]:
    """Return what the best hyperparameters are those of, and these; of the trial that was picked, if one was."""
    trial = record.best
    if trial is None and record.champion is not None:
        named = record.champion.data.tags.get(Tag.CHAMPION_IS)
        trial = next((each for each in record.front if f"trial {each.number}" == named), None)
    return (
        ("", {})
        if trial is None
        else (f"trial {trial.number}", values(trial.recorded, record.plan.estimators.values()))
    )


def kept(record: StudyRecord) -> str:
    """Say how many trials keep the constraints."""
    scored = [trial for trial in record.trials if trial.values]
    bounds = ", ".join(constraint.text for constraint in record.plan.constraints)
    return f"{sum(trial.is_feasible for trial in scored):,} of {len(scored):,} trials with a score keep {bounds}"


def cost(record: StudyRecord) -> list[tuple[str, str]]:
    """Return what a study cost: the time in which trials ran, and how many ended how."""
    states = [(STATES[state], record.count(state)) for state in STATES]
    ended = [(word, f"{count:,}") for word, count in states if count or word == "failed"]
    time = [("time", duration(seconds_at_work(record.trials)))] if record.trials else []
    return [*time, ("trials", f"{len(record.trials):,}"), *(ended if len(record.trials) else [])]


def seconds_at_work(trials: Sequence[TrialRecord]) -> float:
    """Return the seconds in which at least one trial ran: the days between two starts of a study don't count."""
    total, until = 0, 0
    for trial in sorted(trials, key=lambda each: each.start):
        total += max(0, trial.end - max(trial.start, until))
        until = max(until, trial.end)
    return total / 1000
