"""A pruner that would judge trials by another metric than the objective, or by none, is refused."""

from collections.abc import Sequence

from mlflow.entities import Run

from steps.errors import WrongValue
from steps.names import Metric
from steps.tuning.study_plan import StudyPlan


def check(plan: StudyPlan, earlier: Sequence[Run]) -> None:
    """Raise WrongValue if a pruner sees no step of the objective; a study with `earlier` runs goes on as it began."""
    if earlier or not plan.prunes:
        return
    name = plan.objectives[0].logged
    where = f"--pruner {plan.settings.pruner!r}: must be none with --objective {name!r}"
    if plan.is_folded and name != (seen := Metric.cv(plan.settings.metric)):
        raise WrongValue(f"{where}: a pruner sees the folds of {seen!r} alone")
    if name in Metric.COSTS:
        raise WrongValue(f"{where}: it is measured when a trial has ended, so a pruner sees no step of it")
