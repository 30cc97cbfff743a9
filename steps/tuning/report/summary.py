"""The results that a study ends with, on stdout."""

from collections import Counter

from mlflow.entities import Run
from optuna.trial import TrialState

from steps.names import Metric, Tag
from steps.tuning.champion import contest
from steps.tuning.champion.champion import Champion
from steps.tuning.report import finding, study_end, study_finding
from steps.tuning.report.held_out_gain import gain_of
from steps.tuning.search import stopping
from steps.tuning.search.constraints import broken
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.description import shortened
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job

# How many characters of a reason are shown.
_LENGTH = 300


def summary(plan: StudyPlan, result: StudyResult, children: ChildRuns, champion: Champion | None = None) -> str:
    """Write the best trial, what tuning gained, and the champion."""
    shown = [finding.shown(objective, plan) for objective in plan.objectives]
    lines = []
    for number, best in result.best.items():
        values = ", ".join(f"{name} {value:.6g}" for name, value in zip(shown, best.outcome.values, strict=True))
        if len(shown) > 1:
            lines.append(f"On the front: trial {number}: {values} {shortened(children.recorded(best.job))}")
        else:
            lines += [f"Best trial: {shortened(children.recorded(best.job))}", f"Best {shown[0]}: {best.value:.6g}"]
            lines += _gain(plan, result, children, best.value or 0.0)
    lines += [*_constraints(plan, result), *_failures(result)]
    if champion and champion.run:
        lines += _champion(plan, champion, champion.run)
    lines.append(f"Verdict: {study_finding.of_result(plan, result, champion).sentence()}")
    if result.stopped_by != stopping.N_TRIALS:
        why = study_end.why(plan, result.stopped_by, len(result.trials))
        lines.append(f"Ended: {why[0].lower()}{why[1:]}")
    return "\n".join(lines)


def _gain(plan: StudyPlan, result: StudyResult, children: ChildRuns, best: float) -> list[str]:
    sign = plan.objectives[0].sign
    shown = finding.shown(plan.objectives[0], plan)
    scored = [(baseline.value, baseline) for baseline in result.baselines if baseline.value is not None]
    if not scored:
        return [f"Baseline: {baseline.reason}" for baseline in result.baselines]
    score, strongest = max(scored, key=lambda pair: sign * pair[0])
    whose = contest.name_of(strongest.job, plan)
    if len(result.baselines) > 1:
        whose += f", the best of {len(result.baselines)}"
    return [f"Baseline {shown}: {score:.6g} ({whose}; tuning gained {sign * (best - score):+.6g})"]


def _constraints(plan: StudyPlan, result: StudyResult) -> list[str]:
    """Say how many trials keep the constraints, and which baselines do not."""
    if not plan.constraints:
        return []
    scored = [ended.outcome for ended in result.trials.values() if ended.outcome.values]
    bounds = ", ".join(constraint.text for constraint in plan.constraints)
    lines = [f"Constraints: {sum(o.is_feasible for o in scored)} of {len(scored)} trials with a score keep {bounds}"]
    for each in result.baselines:
        if each.outcome.values and not each.outcome.is_feasible:
            what = contest.name_of(each.job, plan)
            lines.append(f"No champion: {what}, by {broken(plan.constraints, each.outcome.excess)}")
    return lines


def _failures(result: StudyResult) -> list[str]:
    """Say how many trials failed, and of what most of them did."""
    reasons = Counter(ended.reason for ended in result.trials.values() if ended.outcome.state == TrialState.FAIL)
    if not reasons:
        return []
    ((reason, count),) = reasons.most_common(1)
    most = "" if count == reasons.total() else f", {count} of them"
    return [f"Failed: {reasons.total()} of {len(result.trials)} trials{most}: {' '.join(reason.split())[:_LENGTH]}"]


def _champion(plan: StudyPlan, champion: Champion, run: Run) -> list[str]:
    metrics, lines = run.data.metrics, []
    if champion.confirmed:
        scores = ", ".join(f"{name} {value:.6g}" for name, value in champion.confirmed.items())
        lines.append(f"Confirmed on fresh folds: {scores}")
    shown = plan.settings.metric
    test = Metric.test(shown)
    if plan.entry.runs_train and test in metrics:
        others = [f"{other} {metrics[key]:.6g}" for other, key in _others(plan, run).items() if key in metrics]
        line = f"Champion: {champion.name}, held-out {shown} {metrics[test]:.6g}{_interval(metrics, test)}"
        gain = gain_of(plan, metrics)
        if contest.is_trial(champion.name) and gain is not None:
            sure = f" ({gain.interval})" if gain.interval else ""
            line += f"; {', '.join(others)}; gain {gain.value:+.4g}{sure}"
        elif others and champion.name != contest.DUMMY:  # of the defaults the gain over the defaults is nothing
            line += f"; {others[-1]}"
        lines.append(line)
    if Tag.IMPORTANCES in run.data.tags:
        lines.append(f"Importances of the features: {run.data.tags[Tag.IMPORTANCES]}")
    return lines


def _others(plan: StudyPlan, run: Run) -> dict[str, str]:
    """Return where the scores of the others are: the defaults, if there are several those of the run's estimator."""
    metric, job = plan.settings.metric, Job(None, run.data.tags.get(Tag.ESTIMATOR))
    whose = contest.name_of(job, plan) if len(plan.estimators) > 1 else "defaults"
    return {whose: Metric.baseline_test(metric), "dummy": Metric.dummy_test(metric)}


def _interval(metrics: dict[str, float], name: str) -> str:
    low, high = Metric.low(name), Metric.high(name)
    return f" (95 %: {metrics[low]:.6g} to {metrics[high]:.6g})" if low in metrics else ""
