"""What a study found, in words."""

from steps import tracking
from steps.tuning.driver import Result


def summary(result: Result, objective: str, run_id: str) -> str:
    """Write the few lines that end a study: the best trial, what tuning gained, where to look."""
    metric = objective.removeprefix("cv_")
    best, baseline = result.best.value, result.baseline.value
    lines = [f"Best trial: {dict(result.best.child.hyperparameters)}", f"Best {metric}: {best:.6g}"]
    if best is None or baseline is None:
        lines.append(f"Baseline: {result.baseline.reason}")
    else:
        lines.append(
            f"Baseline {metric}: {baseline:.6g} (the estimator's defaults; tuning gained {best - baseline:+.6g})"
        )
    lines.append(f"Look: {tracking.link(run_id)}")
    return "\n".join(lines)
