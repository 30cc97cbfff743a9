"""The winner of a study, run once more: refitted on all training rows, scored once on the held-out rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Metric, Role, Tag
from steps.tracking import write
from steps.tuning.champion.rerun import Rerun
from steps.tuning.search.objective import Objective
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import TrialResult


@dataclass(frozen=True)
class Champion:
    """The champion: the trial that it is, and its run, None where it failed: `failure` then says why.

    `confirmed` are the best trials' scores on fresh folds, by number.
    """

    number: int
    run: Run | None
    failure: str = ""
    confirmed: Mapping[int, float] = field(default_factory=dict)


def check(plan: StudyPlan) -> None:
    """Raise WrongValue, before anything is launched, where what is asked of the champion can't be had."""
    settings, problems = plan.settings, []
    known = [objective.name for objective in plan.objectives]
    if settings.pick is not None and settings.pick not in known:
        problems.append(f"--pick {settings.pick!r}: must be none or one of the objectives, {', '.join(known)}")
    if settings.confirm:
        where = f"--confirm {settings.confirm}"
        if "fold_seed" not in plan.entry.parameters:
            problems.append(f"{where}: must be 0 for {plan.entry.name!r}, which declares no fold_seed to draw others")
        elif settings.split.startswith("time:"):
            problems.append(f"{where}: must be 0 with --split {settings.split!r}: the times make the folds")
        if len(known) > 1:
            problems.append(f"{where}: must be 0 with two objectives")
    wanted = settings.champion and (len(known) == 1 or settings.pick is not None)
    if settings.register is not None and not wanted:
        why = "--champion 'false'" if not settings.champion else "two objectives; --pick says whose best is one"
        problems.append(f"--register {settings.register!r}: there is no champion to register with {why}")
    if problems:
        raise WrongValue(*problems)


def run_champion(plan: StudyPlan, result: StudyResult, rerun: Rerun) -> Champion | None:
    """Run the champion; None where there is none: of two objectives without a pick, or where a signal came."""
    if not plan.settings.champion or not result.best or rerun.interrupts.noted:
        return None
    confirmed: dict[int, float] = {}
    if len(plan.objectives) > 1:
        if plan.settings.pick is None:
            return None
        place = [objective.name for objective in plan.objectives].index(plan.settings.pick)
        winner = _order(list(result.best.values()), plan.objectives[place], place)[0]
    else:
        (winner,) = result.best.values()
        if plan.settings.confirm:
            winner, confirmed = _confirm(plan, result, rerun)
    number = winner.job.number or 0
    refit = _refit(plan)
    if not refit:
        return Champion(number, MlflowClient().get_run(winner.run_id), confirmed=confirmed)
    ended = rerun.run([replace(winner.job, role=Role.CHAMPION, parameters=refit)])
    if rerun.interrupts.noted or not ended:
        return None
    if ended[0].outcome.state != TrialState.COMPLETE:
        return Champion(number, None, f"{ended[0].reason} (run {ended[0].run_id})", confirmed)
    return Champion(number, MlflowClient().get_run(ended[0].run_id), confirmed=confirmed)


def record(crowned: Champion, run_id: str) -> None:
    """Write to the study's run who its champion is, and what that is worth."""
    tags = {Tag.CONFIRMED: json.dumps(crowned.confirmed)} if crowned.confirmed else {}
    metrics = []
    if crowned.run is not None:
        tags[Tag.CHAMPION] = crowned.run.info.run_id
        found = crowned.run.data.metrics
        if Metric.GAIN in found:
            tags[Tag.GAIN] = f"{found[Metric.GAIN]:+.6g}"
        held_out = [name for name in found if Metric.test("") in name or name.startswith(Metric.GAIN)]
        metrics = [write.metric(name, found[name]) for name in held_out]
    write.record(run_id, metrics, tags)


def _refit(plan: StudyPlan) -> dict[str, str]:
    """Return the parameters with which the entry point refits; none where it knows of no refit."""
    if plan.entry.runs_train:
        return {"refit": "true", "evaluate": "full"}
    return {"refit": "true"} if "refit" in plan.entry.parameters else {}


def _confirm(plan: StudyPlan, result: StudyResult, rerun: Rerun) -> tuple[TrialResult, dict[int, float]]:
    """Score the best trials on fresh folds; return the best there, of equals the one that was ahead, and the scores."""
    objective = plan.objectives[0]
    finished = [ended for ended in result.trials.values() if ended.outcome.state == TrialState.COMPLETE]
    best: dict[str, TrialResult] = {}  # the same point, tried twice, is one
    for ended in _order(finished, objective):
        best.setdefault(json.dumps(rerun.children.recorded(ended.job)), ended)
    top = list(best.values())[: plan.settings.confirm]
    fresh = {"fold_seed": str((plan.settings.seed + 1) % 2**32)}
    again = rerun.run([replace(ended.job, role=Role.CONFIRMATION, parameters=fresh) for ended in top])
    scored = _order([ended for ended in again if ended.value is not None], objective)
    confirmed = {ended.job.number: ended.value for ended in scored}
    winner = next((ended for one in scored for ended in top if ended.job.number == one.job.number), top[0])
    return winner, confirmed  # type: ignore[return-value] # they are numbers by now


def _order(trials: list[TrialResult], objective: Objective, place: int = 0) -> list[TrialResult]:
    """Sort trials by an objective, the best first; equals stay in their order."""
    return sorted(trials, key=lambda trial: -objective.sign * trial.outcome.values[place])
