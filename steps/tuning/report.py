"""What a study found, in words."""

from steps import tracking
from steps.tuning.ledger import Result
from steps.tuning.objective import MAXIMIZE
from steps.tuning.space import class_of
from steps.tuning.trials import Children


def summary(result: Result, children: Children, run_id: str) -> str:
    """Write the few lines that end a study: the best trial, what tuning gained, where to look."""
    shown = [o.name.removeprefix("cv_") for o in children.objectives]
    lines = []
    for number, best in result.best.items():
        values = ", ".join(f"{name} {value:.6g}" for name, value in zip(shown, best.outcome.values, strict=True))
        if len(shown) > 1:
            lines.append(f"On the front: trial {number}: {values} {children.recorded(best.job)}")
        else:
            lines += [f"Best trial: {children.recorded(best.job)}", f"Best {shown[0]}: {best.value:.6g}"]
            lines += _gain(result, children, best.value or 0.0)
    if result.stopped_by != "n_trials":
        lines.append(f"Stopped by: {result.stopped_by}, after {len(result.trials)} trials")
    lines.append(f"Look: {tracking.link(run_id)}")
    return "\n".join(lines)


def _gain(result: Result, children: Children, best: float) -> list[str]:
    sign = 1 if children.objectives[0].direction == MAXIMIZE else -1
    shown = children.objectives[0].name.removeprefix("cv_")
    scored = [(ended.value, ended) for ended in result.baselines if ended.value is not None]
    if not scored:
        return [f"Baseline: {ended.reason}" for ended in result.baselines]
    baseline, ended = max(scored, key=lambda pair: sign * pair[0])
    whose = "the estimator's defaults"
    if len(result.baselines) > 1:
        whose = f"{class_of(str(ended.job.estimator))}'s defaults, the best of {len(result.baselines)}"
    return [f"Baseline {shown}: {baseline:.6g} ({whose}; tuning gained {sign * (best - baseline):+.6g})"]
