"""Who competes for the champion: the best trial, the baselines, and a dummy that knows nothing of the features."""

from collections.abc import Iterable

from optuna.trial import TrialState

from steps.names import Metric
from steps.tuning.search.objective import Objective
from steps.tuning.search.search import Outcome
from steps.tuning.space import class_of
from steps.tuning.space.estimator_names import told_apart
from steps.tuning.space.parameter import FixedParameter
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import Job, TrialResult

# What `name_of` says of an estimator of scikit-learn's that predicts the same whatever the features are.
DUMMY = "the dummy"
_DUMMIES = "sklearn.dummy."
_TRIAL = "trial "


def judge(plan: StudyPlan) -> Objective | None:
    """Return the objective by which a champion is chosen; of two the one that was picked, None if none was."""
    if len(plan.objectives) == 1:
        return plan.objectives[0]
    return next((each for each in plan.objectives if each.name == plan.settings.pick), None)


def rivals(plan: StudyPlan, baselines: Iterable[TrialResult]) -> list[TrialResult]:
    """Return the baselines that have a score, and a dummy if the objective is its mean score over the folds.

    One that breaks a constraint does not compete; of a dummy, which has no run, nobody knows that.

    None compete with `baseline=false`, nor where a space fixes something of an entry point other than `train`: its
    defaults may be of other data. A dummy's score was computed with the plan: it has no run.
    """
    by = judge(plan)
    if by is None or not plan.settings.baseline:
        return []
    fixed = [each for entries in plan.space.entries.values() for each in entries.values()]
    if not plan.entry.runs_train and any(isinstance(each, FixedParameter) for each in fixed):
        return []
    scored = [each for each in baselines if each.outcome.counts]
    if not plan.constraints and plan.entry.runs_train and plan.dummy and by.name == Metric.cv(plan.settings.metric):
        values = (float(plan.dummy["score"]),) * len(plan.objectives)
        scored.append(TrialResult(Job(None, plan.dummy["estimator"]), "", Outcome(TrialState.COMPLETE, values)))
    return scored


def ranked(plan: StudyPlan, results: Iterable[TrialResult]) -> list[TrialResult]:
    """Sort results by the objective that judges, the best first; equals stay in their order."""
    by = judge(plan) or plan.objectives[0]
    place = list(plan.objectives).index(by)
    return sorted(results, key=lambda result: -by.sign * result.outcome.values[place])


def winner(plan: StudyPlan, best: Iterable[TrialResult], baselines: Iterable[TrialResult]) -> TrialResult | None:
    """Return the best of some trials or, only if it scores better, of their rivals; None if nothing judges."""
    if judge(plan) is None:
        return None
    first = ranked(plan, [*best, *rivals(plan, baselines)])
    return first[0] if first else None


def name_of(job: Job, plan: StudyPlan) -> str:
    """Say what a job runs: `trial 3`, `the estimator's defaults`, `SVC's defaults`, `the dummy`."""
    if job.number is not None:
        return f"{_TRIAL}{job.number}"
    if (job.estimator or "").startswith(_DUMMIES) and job.estimator not in plan.estimators.values():
        return DUMMY
    several = len(plan.estimators) > 1
    name = told_apart(plan.estimators.values()).get(str(job.estimator), class_of(str(job.estimator)))
    if plan.entry.runs_train:
        return f"{name}'s defaults" if several else "the estimator's defaults"
    return "the entry point's own defaults" + (f" with {name}" if several else "")


def is_trial(name: str) -> bool:
    """Tell whether `name_of` said so of a trial."""
    return name.startswith(_TRIAL)
