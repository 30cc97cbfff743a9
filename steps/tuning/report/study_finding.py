"""What is known of a study's result: to the tuner, when the study has ended, and on record, at any time."""

from collections import Counter

from mlflow.entities import Run

from steps.names import Tag
from steps.tuning.champion.champion import Champion
from steps.tuning.report.finding import Finding
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult


def of_result(plan: StudyPlan, result: StudyResult, champion: Champion | None) -> Finding:
    """Return what a study that has just ended has found."""
    if champion is None:
        return _finding(plan, result, None)
    return _finding(plan, result, champion.run, champion.name, is_confirmed=bool(champion.confirmed))


def of_record(record: StudyRecord) -> Finding:
    """Return what a study has found so far, ended or not."""
    champion = record.champion
    name = champion.data.tags.get(Tag.CHAMPION_IS, "") if champion else ""
    confirmed, over = Tag.CONFIRMED in record.parent.data.tags, record.stopped_by is not None
    return _finding(record.plan, record.result, champion, name, is_confirmed=confirmed, is_over=over)


def _finding(
    plan: StudyPlan,
    result: StudyResult,
    run: Run | None,
    champion: str = "",
    *,
    is_confirmed: bool = False,
    is_over: bool = True,
) -> Finding:
    """Put together what both know; `run` is that of the champion, if it has one."""
    outcomes = [ended.outcome for ended in result.trials.values()]
    return Finding(
        plan,
        best=list(result.best.values()),
        baselines=result.baselines,
        states=Counter(outcome.state for outcome in outcomes),
        scored=sum(bool(outcome.values) for outcome in outcomes),
        champion=champion if run else "",
        estimator=run.data.tags.get(Tag.ESTIMATOR) if run else None,
        metrics=run.data.metrics if run else {},
        is_confirmed=is_confirmed,
        is_over=is_over,
    )
