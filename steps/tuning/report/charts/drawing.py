"""All charts of a study, in the order in which the page shows them."""

from collections.abc import Callable

from steps.tuning.report.charts import (
    branch,
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
from steps.tuning.report.charts.branch import Branch
from steps.tuning.report.charts.chart import Chart
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.search.objective import Objective


def draw(record: StudyRecord, step: Callable[[str], None] = lambda _: None) -> list[Chart]:
    """Draw every chart for which there are enough trials. `step` is told what is done next."""
    step("the charts are drawn")
    if len(record.plan.objectives) > 1:
        return [front.draw(record), timeline.draw(record.trials)]
    charts = [history.draw(record)]
    step("the learning curves are read")
    charts += [drawn] if (drawn := curves.draw(record)) is not None else []
    if record.ranked:
        charts += [estimators.draw(record)] if len(record.plan.estimators) > 1 else []
        step("the importances are computed")
        found = branch.find(record)
        step("the charts of the hyperparameters are drawn")
        charts += _of_hyperparameters(found, record.plan.objectives[0])
    return [*charts, timeline.draw(record.trials)]


def _of_hyperparameters(found: Branch, objective: Objective) -> list[Chart]:
    """Draw how the score depends on the hyperparameters; of a single one there is nothing to compare."""
    of_each = slices.draw(found, objective)
    if len(found.ranked) < 2:
        return [of_each]
    over_two = contour.draw(found, objective)
    return [importance.draw(found), of_each, *([over_two] if over_two else []), *parallel.draw(found, objective)]


def most_important(record: StudyRecord) -> list[str]:
    """Return the names in Optuna of the hyperparameters, the most important first; none if that can't be told."""
    return list(branch.find(record).weights) if len(record.plan.objectives) == 1 else []
