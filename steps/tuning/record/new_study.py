"""What a new study is refused; one that an earlier version began with it goes on."""

from steps.errors import WrongValue
from steps.names import Metric
from steps.parameters.option import option
from steps.tuning.study_plan import StudyPlan


def check(plan: StudyPlan) -> None:
    """Raise WrongValue if a pruner would judge trials by another metric than the objective, or by none."""
    if not plan.prunes:
        return
    name = plan.objectives[0].logged
    where = f"{option('pruner', plan.settings.pruner)}: must be none with {option('objective', name)}"
    if plan.is_folded and name != (seen := Metric.cv(plan.settings.metric)):
        raise WrongValue(f"{where}: a pruner sees the folds of {seen!r} alone")
    if name in Metric.COSTS:
        raise WrongValue(f"{where}: it is measured when a trial has ended, so a pruner sees no step of it")
