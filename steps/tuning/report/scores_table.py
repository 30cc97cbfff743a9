"""The table of scores on the page: of the best trial, the champion, the defaults and the dummy, and what was gained."""

from dataclasses import dataclass

from steps.names import Metric, Tag
from steps.tuning.champion import contest
from steps.tuning.report.held_out_gain import DIGITS, ends, gain_of
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.wording import rounded
from steps.tuning.trials.trial import Job

_GAIN = "gain"


@dataclass(frozen=True)
class Score:
    """A line of the table of scores: whose, by the objective, on the held-out rows, with its interval of 95 %."""

    whose: str
    search: str = ""
    held_out: str = ""
    interval: str = ""

    @property
    def is_gain(self) -> bool:
        """Tell whether it is what was gained, not a score."""
        return self.whose.startswith(f"{_GAIN} ")


def scores(record: StudyRecord) -> list[Score]:
    """Return the scores of the best trial, the champion, the defaults and the dummy, and the gain; none without a best.

    Of `train`, what the defaults have on the held-out rows is that of the champion's own estimator. If those of another
    scored better in the search, both are there, and the gain over each.
    """
    plan, by = record.plan, contest.judge(record.plan)
    if by is None or not record.front:
        return []
    place, (named, own) = plan.objectives.index(by), _champion(record)
    best = max(record.front, key=lambda trial: by.sign * trial.values[place])
    trials = {contest.name_of(Job(trial.number), plan): trial.values[place] for trial in (best, *record.ranked)}
    first = contest.name_of(Job(best.number), plan)
    ours = named if named in trials else first
    held_out = _on_held_out_rows(record, named, own)
    rivals = contest.ranked(plan, [each for each in record.baselines if each.outcome.values])
    defaults = {contest.name_of(each.job, plan): each.outcome.values[place] for each in reversed(rivals)}
    strongest = [contest.name_of(each.job, plan) for each in rivals[:1]]
    compared = list(dict.fromkeys([*strongest, *([own] if own in held_out and own != contest.DUMMY else [])]))
    search = {name: trials[name] for name in (first, ours)}
    search |= {name: defaults[name] for name in compared if name in defaults}
    if plan.dummy and by.name == Metric.cv(plan.settings.metric):
        search[contest.DUMMY] = float(plan.dummy["score"])
    order = sorted({**search, **held_out}, key=lambda name: (name == contest.DUMMY, not contest.is_trial(name)))
    lines = [
        Score(name, rounded(search[name]) if name in search else "", *held_out.get(name, ("", ""))) for name in order
    ]
    gain = _gain(record, named)
    for name in compared:
        of, over = "" if ours == first else f" of {ours}", name if len(compared) > 1 else "defaults"
        by_search = _signed(by.sign * (search[ours] - search[name])) if name in search else ""
        lines.append(Score(f"{_GAIN}{of} over {over}", by_search, *(gain if name == own else ("", ""))))
    return [line for line in lines if line.search or line.held_out]


def _champion(record: StudyRecord) -> tuple[str, str]:
    """Name the champion, and the defaults of its estimator; nothing if none has run."""
    if record.champion is None:
        return "", ""
    tags = record.champion.data.tags
    own = contest.name_of(Job(None, tags.get(Tag.ESTIMATOR)), record.plan)
    return tags.get(Tag.CHAMPION_IS, own), own


def _on_held_out_rows(record: StudyRecord, named: str, own: str) -> dict[str, tuple[str, str]]:
    """Return what the champion, its estimator's defaults and the dummy have there, with the interval if it is known."""
    metric = record.plan.settings.metric
    test, metrics = Metric.test(metric), record.champion.data.metrics if record.champion else {}
    if test not in metrics:
        return {}
    keys = {contest.DUMMY: Metric.dummy_test(metric)} | {own: Metric.baseline_test(metric)}
    others = {name: (rounded(metrics[key]), "") for name, key in keys.items() if key in metrics}
    return others | {
        named: (rounded(metrics[test]), ends(metrics.get(Metric.low(test)), metrics.get(Metric.high(test))))
    }


def _gain(record: StudyRecord, named: str) -> tuple[str, str]:
    """Return the gain on the held-out rows, and its interval; nothing if the champion is no trial."""
    found = gain_of(record.plan, record.champion.data.metrics) if record.champion and contest.is_trial(named) else None
    return ("", "") if found is None else (_signed(found.value), found.between)


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{rounded(value, DIGITS)}"
