"""What a study found, in words."""

from steps import tracking
from steps.tuning.driver import Result
from steps.tuning.space import class_of


def summary(result: Result, objective: str, run_id: str) -> str:
    """Write the few lines that end a study: the best trial, what tuning gained, where to look."""
    metric = objective.removeprefix("cv_")
    best, several = result.best.child, len(result.baselines) > 1
    lines = [
        f"Best trial: {class_of(best.estimator) + ' ' if several else ''}{dict(best.hyperparameters)}",
        f"Best {metric}: {result.best.value:.6g}",
    ]
    for ended in result.baselines:
        whose = class_of(ended.child.estimator) if several else "the estimator"
        if ended.value is None or result.best.value is None:
            lines.append(f"Baseline: {ended.reason}{f' ({whose})' if several else ''}")
        else:
            gained = f"tuning gained {result.best.value - ended.value:+.6g}"
            lines.append(f"Baseline {metric}: {ended.value:.6g} ({whose}'s defaults; {gained})")
    lines.append(f"Look: {tracking.link(run_id)}")
    return "\n".join(lines)
