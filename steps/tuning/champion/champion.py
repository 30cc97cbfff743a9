"""The winner of a study, run once more: refitted on all training rows, scored once on the held-out rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import names
from steps.errors import WrongValue
from steps.tracking import write
from steps.tuning.champion.rerun import Encore
from steps.tuning.search.objective import MAXIMIZE, Objective
from steps.tuning.study_plan import Plan
from steps.tuning.trials.results import Result
from steps.tuning.trials.trial import Ended

NONE = "none"


@dataclass(frozen=True)
class Crowned:
    """The champion: the trial that it is, and its run, None where it failed: `failure` then says why.

    `confirmed` are the best trials' scores on fresh folds, by number.
    """

    number: int
    run: Run | None
    failure: str = ""
    confirmed: Mapping[int, float] = field(default_factory=dict)


def check(plan: Plan) -> None:
    """Raise WrongValue, before anything is launched, where what is asked of the champion can't be had."""
    values, problems = plan.values, []
    known = [objective.name for objective in plan.objectives]
    if values["pick"] != NONE and values["pick"] not in known:
        problems.append(f"--pick {values['pick']!r}: must be none or one of the objectives, {', '.join(known)}")
    if values["confirm"]:
        where = f"--confirm {values['confirm']}"
        if "fold_seed" not in plan.entry.parameters:
            problems.append(f"{where}: must be 0 for {plan.entry.name!r}, which declares no fold_seed to draw others")
        elif values["split"].startswith("time:"):
            problems.append(f"{where}: must be 0 with --split {values['split']!r}: the times make the folds")
        if len(known) > 1:
            problems.append(f"{where}: must be 0 with two objectives")
    wanted = values["champion"] and (len(known) == 1 or values["pick"] != NONE)
    if values["register"] != NONE and not wanted:
        why = "--champion 'false'" if not values["champion"] else "two objectives; --pick says whose best is one"
        problems.append(f"--register {values['register']!r}: there is no champion to register with {why}")
    if problems:
        raise WrongValue(*problems)


def crown(plan: Plan, result: Result, encore: Encore) -> Crowned | None:
    """Run the champion; None where there is none: of two objectives without a pick, or where a signal came."""
    if not plan.values["champion"] or not result.best or encore.interrupts.noted:
        return None
    confirmed: dict[int, float] = {}
    if len(plan.objectives) > 1:
        if plan.values["pick"] == NONE:
            return None
        place = [objective.name for objective in plan.objectives].index(plan.values["pick"])
        winner = _order(list(result.best.values()), plan.objectives[place], place)[0]
    else:
        (winner,) = result.best.values()
        if plan.values["confirm"]:
            winner, confirmed = _confirm(plan, result, encore)
    number = winner.job.number or 0
    refit = _refit(plan)
    if not refit:
        return Crowned(number, MlflowClient().get_run(winner.run_id), confirmed=confirmed)
    ended = encore.run([replace(winner.job, role=names.CHAMPION_ROLE, parameters=refit)])
    if encore.interrupts.noted or not ended:
        return None
    if ended[0].outcome.state != TrialState.COMPLETE:
        return Crowned(number, None, f"{ended[0].reason} (run {ended[0].run_id})", confirmed)
    return Crowned(number, MlflowClient().get_run(ended[0].run_id), confirmed=confirmed)


def record(crowned: Crowned, run_id: str) -> None:
    """Write to the study's run who its champion is, and what that is worth."""
    tags = {names.CONFIRMED: json.dumps(crowned.confirmed)} if crowned.confirmed else {}
    metrics = []
    if crowned.run is not None:
        tags[names.CHAMPION] = crowned.run.info.run_id
        found = crowned.run.data.metrics
        if names.GAIN in found:
            tags[names.GAINED] = f"{found[names.GAIN]:+.6g}"
        held_out = [name for name in found if names.test("") in name or name.startswith(names.GAIN)]
        metrics = [write.metric(name, found[name]) for name in held_out]
    write.record(run_id, metrics, tags)


def _refit(plan: Plan) -> dict[str, str]:
    """Return the parameters with which the entry point refits; none where it knows of no refit."""
    if plan.entry.open:
        return {"refit": "true", "evaluate": "full"}
    return {"refit": "true"} if "refit" in plan.entry.parameters else {}


def _confirm(plan: Plan, result: Result, encore: Encore) -> tuple[Ended, dict[int, float]]:
    """Score the best trials on fresh folds; return the best there, of equals the one that was ahead, and the scores."""
    objective = plan.objectives[0]
    finished = [ended for ended in result.trials.values() if ended.outcome.state == TrialState.COMPLETE]
    best: dict[str, Ended] = {}  # the same point, tried twice, is one
    for ended in _order(finished, objective):
        best.setdefault(json.dumps(encore.children.recorded(ended.job)), ended)
    top = list(best.values())[: plan.values["confirm"]]
    fresh = {"fold_seed": str((plan.values["seed"] + 1) % 2**32)}
    again = encore.run([replace(ended.job, role=names.CONFIRMATION, parameters=fresh) for ended in top])
    scored = _order([ended for ended in again if ended.value is not None], objective)
    confirmed = {ended.job.number: ended.value for ended in scored}
    winner = next((ended for one in scored for ended in top if ended.job.number == one.job.number), top[0])
    return winner, confirmed  # type: ignore[return-value] # they are numbers by now


def _order(trials: list[Ended], objective: Objective, place: int = 0) -> list[Ended]:
    """Sort trials by an objective, the best first; equals stay in their order."""
    sign = -1 if objective.direction == MAXIMIZE else 1
    return sorted(trials, key=lambda ended: sign * ended.outcome.values[place])
