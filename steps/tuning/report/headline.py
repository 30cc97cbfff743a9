"""What the page of a study says first: the finding, the best hyperparameters beside the scores, what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from steps.names import Metric, Tag
from steps.tuning.champion import contest
from steps.tuning.report.held_out_gain import DIGITS, ends, gain_of
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import STATES, TrialRecord
from steps.tuning.report.wording import duration, rounded, values
from steps.tuning.trials.trial import Job


@dataclass(frozen=True)
class Score:
    """A line of the table of scores: whose, by the objective, on the held-out rows, with its interval of 95 %."""

    whose: str
    search: str = ""
    held_out: str = ""
    interval: str = ""


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


def scores(record: StudyRecord) -> list[Score]:
    """Return the scores of the best trial, the champion, the defaults and the dummy, and the gain; none without a best.

    Of `train`, what the defaults have on the held-out rows is that of the champion's own estimator.
    """
    plan, by = record.plan, contest.judge(record.plan)
    if by is None or not record.front:
        return []
    place, metric = plan.objectives.index(by), plan.settings.metric
    best = record.as_result(max(record.front, key=lambda trial: by.sign * trial.values[place]))
    search = {contest.name_of(best.job, plan): best.outcome.values[place]}
    rivals = contest.ranked(plan, [each for each in record.baselines if each.outcome.values])
    search |= {contest.name_of(each.job, plan): each.outcome.values[place] for each in rivals[:1]}
    if plan.dummy and by.name == Metric.cv(metric):
        search[contest.DUMMY] = float(plan.dummy["score"])
    held_out, test, champion = dict[str, tuple[float, str]](), Metric.test(metric), record.champion
    metrics = champion.data.metrics if champion else {}
    if champion and test in metrics:
        defaults = contest.name_of(Job(None, champion.data.tags.get(Tag.ESTIMATOR)), plan)
        for name, key in ((contest.DUMMY, Metric.dummy_test(metric)), (defaults, Metric.baseline_test(metric))):
            held_out |= {name: (metrics[key], "")} if key in metrics else {}
        sure = ends(metrics.get(Metric.low(test)), metrics.get(Metric.high(test)))
        held_out[champion.data.tags.get(Tag.CHAMPION_IS, defaults)] = (metrics[test], sure)
    order = sorted({**search, **held_out}, key=lambda name: (name == contest.DUMMY, not contest.is_trial(name)))
    lines = [
        Score(name, rounded(search[name]) if name in search else "", *_held_out(held_out.get(name))) for name in order
    ]
    return [*lines, *_gained(record, [each.outcome.values[place] for each in (best, *rivals[:1])], by.sign)]


def _held_out(found: tuple[float, str] | None) -> tuple[str, str]:
    return ("", "") if found is None else (rounded(found[0]), found[1])


def _gained(record: StudyRecord, search: Sequence[float], sign: int) -> list[Score]:
    champion = record.champion
    is_trial = champion is not None and contest.is_trial(champion.data.tags.get(Tag.CHAMPION_IS, ""))
    gain = gain_of(record.plan, champion.data.metrics) if champion and is_trial else None
    of_search = f"{_signed(sign * (search[0] - search[1]))}" if len(search) > 1 else ""
    if not of_search and gain is None:
        return []
    return [Score("gain over defaults", of_search, *((_signed(gain.value), gain.between) if gain else ()))]


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{rounded(value, DIGITS)}"


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
