"""All charts of a study, in the order in which the page shows them."""

from collections.abc import Callable

from steps.tuning.report.charts import (
    branch,
    chart,
    contour,
    curves,
    estimators,
    front,
    history,
    importance,
    parallel,
    slices,
    timeline,
)
from steps.tuning.report.charts.chart import Chart
from steps.tuning.report.study_record import StudyRecord


def draw(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> list[Chart]:
    """Draw every chart for which there are enough trials. `step` is told what is done next."""
    step("the charts are drawn")
    if len(record.plan.objectives) > 1:
        return [front.draw(record), timeline.draw(record.trials)]
    objective, why_nothing = record.plan.objectives[0], chart.why_nothing(record)
    charts = [history.draw(record)]
    step("the learning curves are read")
    charts += [drawn] if (drawn := curves.draw(record)) is not None else []
    charts += [estimators.draw(record)] if len(record.plan.estimators) > 1 else []
    step("the importances are computed")
    found = branch.find(record)
    charts.append(importance.draw(found))
    step("the charts of the hyperparameters are drawn")
    charts.append(slices.draw(found, objective, why_nothing))
    charts.append(contour.draw(found, objective, why_nothing))
    charts += parallel.draw(found, objective, why_nothing)
    return [*charts, timeline.draw(record.trials)]


def most_important(record: StudyRecord) -> list[str]:
    """Return the names in Optuna of the hyperparameters, the most important first; none if that can't be told."""
    return list(branch.find(record).weights) if len(record.plan.objectives) == 1 else []
