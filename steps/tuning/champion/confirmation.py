"""The best trials once more, on fresh folds, beside the defaults: a lucky trial does not win, nor does a chance gain.

A trial takes the place of the defaults only if it is better there, fold by fold, by more than the standard error of the
difference: the one-standard-error rule of Breiman, Friedman, Olshen and Stone (Classification and Regression Trees,
1984). Folds share most rows that they fit on, so the error is corrected as by Nadeau and Bengio (Inference for the
Generalization Error, Machine Learning 52, 2003). docs/search.md has what that is worth.
"""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlflow.tracking import MlflowClient

from steps.names import Metric, Role
from steps.tuning.champion import contest
from steps.tuning.champion.rerun import Rerun
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import TrialResult

# With folds=1 a fifth of the rows is scored, and the rest is fitted on.
_ONE_SPLIT = 0.25


def confirm(plan: StudyPlan, result: StudyResult, rerun: Rerun) -> tuple[TrialResult, dict[str, float]]:
    """Score the best trials, and the best of the defaults, on fresh folds; return the winner, and the scores by name.

    What breaks a constraint there does not count. Of two with the same score on fresh folds, the one that was better
    before is returned.
    """
    # Of trials that all had a part of their budget, `best` has one as if that were all: see `rung.furthest`.
    trials = {**result.trials, **result.best}
    finished = [trial for trial in trials.values() if trial.outcome.counts]
    rivals = contest.ranked(plan, contest.rivals(plan, result.baselines))
    by_params: dict[str, TrialResult] = {}  # a point that was tried twice counts once
    for each in contest.ranked(plan, [*finished, *rivals]):
        by_params.setdefault(json.dumps([each.job.estimator, rerun.children.recorded(each.job)]), each)
    best = list(by_params.values())[: plan.settings.confirm]
    best += [each for each in rivals[:1] if each not in best]
    fresh = {"fold_seed": str((plan.settings.shared.seed + 1) % 2**32)}
    what = f"the best {len(best)} once more, on fresh folds"
    jobs = [replace(each.job, role=Role.CONFIRMATION, parameters=fresh, variables={}, rung=None) for each in best]
    scored = contest.ranked(plan, [each for each in rerun.run(jobs, what) if each.outcome.counts])
    by_name = {contest.name_of(each.job, plan): each for each in best}
    names = [contest.name_of(each.job, plan) for each in scored]
    scores = {name: each.value for name, each in zip(names, scored, strict=True) if each.value is not None}
    if not scored:
        return best[0], scores
    first, others = scored[0], [each for each in scored if each.job.number is None]
    if first.job.number is not None and others and not _is_surely_better(plan, first, others[0]):
        first = others[0]
    return by_name[contest.name_of(first.job, plan)], scores


def _is_surely_better(plan: StudyPlan, one: TrialResult, other: TrialResult) -> bool:
    """Tell whether a result is better than a lower one by more than a standard error; True if no folds say how sure."""
    by = contest.judge(plan)
    assert by is not None, "see `champion.check`"
    if not plan.is_folded or by.name != Metric.cv(plan.settings.metric):
        return True
    scores, others = (_folds(each.run_id, plan.settings.metric) for each in (one, other))
    gains = [by.sign * (scores[fold] - others[fold]) for fold in scores.keys() & others.keys()]
    return exceeds_its_error(gains, plan.settings.shared.folds)


def exceeds_its_error(gains: Sequence[float], folds: int) -> bool:
    """Tell whether the mean of the gains in cross-validation is more than its standard error, corrected for overlap.

    There is a gain for each of the `folds`, of each repeat. Of one gain alone: whether it is above 0.

    >>> exceeds_its_error([0.1, 0.0, 0.1], 3), exceeds_its_error([0.2, -0.1, 0.0], 3), exceeds_its_error([0.0, 0.0], 2)
    (True, False, False)
    """
    if len(gains) < 2:
        return sum(gains) > 0
    scored_by_fitted = 1 / (folds - 1) if folds > 1 else _ONE_SPLIT
    error = statistics.stdev(gains) * math.sqrt(1 / len(gains) + scored_by_fitted)
    return statistics.mean(gains) > error


def _folds(run_id: str, metric: str) -> Mapping[int, float]:
    return {each.step: each.value for each in MlflowClient().get_metric_history(run_id, Metric.fold(metric))}
