"""All charts of a study, in the order in which the page shows them."""

from collections.abc import Callable

from steps.tuning.report.charts import branch, front, history, importance
from steps.tuning.report.charts.chart import Chart
from steps.tuning.report.study_record import StudyRecord


def draw(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> list[Chart]:
    """Draw every chart for which there are enough trials. `step` is told what is done next."""
    step("the charts are drawn")
    if len(record.plan.objectives) > 1:
        charts = [front.draw(record)]
    else:
        charts = [history.draw(record)]
        step("the importances are computed")
        charts.append(importance.draw(branch.find(record)))
    return charts


def most_important(record: StudyRecord) -> list[str]:
    """Return the names in Optuna of the hyperparameters, the most important first; none if that can't be told."""
    return list(branch.find(record).weights) if len(record.plan.objectives) == 1 else []
