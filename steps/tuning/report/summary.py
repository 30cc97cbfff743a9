"""What a study found, in words."""

from mlflow.entities import Run

from steps.names import Metric
from steps.tracking import read
from steps.tuning.champion import registry
from steps.tuning.champion.champion import Champion
from steps.tuning.space import class_of
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.results import StudyResult


def summary(result: StudyResult, children: ChildRuns, run_id: str, crowned: Champion | None = None) -> str:
    """Write the few lines that end a study: the best trial, what tuning gained, the champion, where to look."""
    shown = [o.name.removeprefix("cv_") for o in children.objectives]
    lines = []
    for number, best in result.best.items():
        values = ", ".join(f"{name} {value:.6g}" for name, value in zip(shown, best.outcome.values, strict=True))
        if len(shown) > 1:
            lines.append(f"On the front: trial {number}: {values} {children.recorded(best.job)}")
        else:
            lines += [f"Best trial: {children.recorded(best.job)}", f"Best {shown[0]}: {best.value:.6g}"]
            lines += _gain(result, children, best.value or 0.0)
    if crowned and crowned.run:
        lines += _champion(crowned, crowned.run)
    if result.stopped_by != "n_trials":
        lines.append(f"Stopped by: {result.stopped_by}, after {len(result.trials)} trials")
    lines.append(f"Look: {read.link(run_id)}")
    return "\n".join(lines)


def _gain(result: StudyResult, children: ChildRuns, best: float) -> list[str]:
    sign = children.objectives[0].sign
    shown = children.objectives[0].name.removeprefix("cv_")
    scored = [(ended.value, ended) for ended in result.baselines if ended.value is not None]
    if not scored:
        return [f"Baseline: {ended.reason}" for ended in result.baselines]
    baseline, ended = max(scored, key=lambda pair: sign * pair[0])
    whose = "the estimator's defaults"
    if len(result.baselines) > 1:
        whose = f"{class_of(str(ended.job.estimator))}'s defaults, the best of {len(result.baselines)}"
    return [f"Baseline {shown}: {baseline:.6g} ({whose}; tuning gained {sign * (best - baseline):+.6g})"]


def _champion(crowned: Champion, run: Run) -> list[str]:
    found, lines = run.data.metrics, []
    if crowned.confirmed:
        scores = ", ".join(f"trial {number} {value:.6g}" for number, value in crowned.confirmed.items())
        lines.append(f"Confirmed on fresh folds: {scores}")
    test = next((name for name in found if Metric.low(name) in found and name != Metric.GAIN), None)
    if test is not None:
        shown = test.removeprefix(Metric.test(""))
        others = [f"{other} {found[key]:.6g}" for other, key in _others(shown).items() if key in found]
        lines.append(
            f"Champion: trial {crowned.number}, held-out {shown} {found[test]:.6g}{_interval(found, test)}; "
            f"{', '.join(others)}; gain {found[Metric.GAIN]:+.6g}{_interval(found, Metric.GAIN)}"
        )
    model = registry.model_of(run)
    if model is not None:
        lines.append(f"Serve: mlflow models serve -m {model} --env-manager local")
    return lines


def _others(metric: str) -> dict[str, str]:
    return {"defaults": Metric.baseline_test(metric), "dummy": Metric.dummy_test(metric)}


def _interval(found: dict[str, float], name: str) -> str:
    low, high = Metric.low(name), Metric.high(name)
    return f" (95 %: {found[low]:.6g} to {found[high]:.6g})" if low in found else ""
