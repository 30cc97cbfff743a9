"""The table of scores on the page: of the best trial, the champion, the defaults and the dummy, and what was gained."""

from collections.abc import Sequence
from dataclasses import dataclass

from steps.names import Metric, Tag
from steps.tuning.champion import contest
from steps.tuning.report.held_out_gain import DIGITS, ends, gain_of
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.wording import rounded
from steps.tuning.trials.trial import Job


@dataclass(frozen=True)
class Score:
    """A line of the table of scores: whose, by the objective, on the held-out rows, with its interval of 95 %."""

    whose: str
    search: str = ""
    held_out: str = ""
    interval: str = ""


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
