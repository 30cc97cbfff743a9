"""The champion of a study: what is best, refitted on all training rows and scored once on the held-out rows.

That is a trial or, if they score better than every trial, the defaults.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Metric, Role, Tag, Variable
from steps.parameters.option import option
from steps.tracking import write
from steps.tuning.champion import confirmation, contest
from steps.tuning.champion.rerun import Rerun
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult


@dataclass(frozen=True)
class Champion:
    """The champion: what it is (see `contest.name_of`), and the run that refitted it; if that failed, None and why.

    `confirmed` has the scores on fresh folds, by the names of what was scored.
    """

    name: str
    run: Run | None
    failure: str = ""
    confirmed: Mapping[str, float] = field(default_factory=dict)


def check(plan: StudyPlan) -> None:
    """Raise WrongValue, before anything is launched, if the settings ask for a champion that can't be had."""
    settings, problems = plan.settings, []
    names = [objective.name for objective in plan.objectives]
    if settings.pick is not None and settings.pick not in names:
        problems.append(f"{option('pick', settings.pick)}: must be none or one of the objectives, {', '.join(names)}")
    if settings.confirm:
        where = option("confirm", settings.confirm)
        if "fold_seed" not in plan.entry.parameters:
            problems.append(f"{where}: must be 0 for {plan.entry.name!r}, which declares no fold_seed to draw others")
        elif settings.split.startswith("time:"):
            problems.append(f"{where}: must be 0 with {option('split', settings.split)}: the times make the folds")
        if len(names) > 1:
            problems.append(f"{where}: must be 0 with two objectives")
    has_champion = settings.champion and (len(names) == 1 or settings.pick is not None)
    if settings.register is not None and not has_champion:
        why = (
            option("champion", "false")
            if not settings.champion
            else f"two objectives; {option('pick')} says whose best is one"
        )
        problems.append(f"{option('register', settings.register)}: there is no champion to register with {why}")
    if problems:
        raise WrongValue(*problems)


def run_champion(plan: StudyPlan, result: StudyResult, rerun: Rerun, importances_s: float) -> Champion | None:
    """Run the champion; None if there is none: two objectives and no pick, or a signal.

    `importances_s` are the seconds that its importances may take. What it scores on the folds is on record already, so
    `train` takes it from there.
    """
    if not plan.settings.champion or not result.best or rerun.interrupts.noted:
        return None
    confirmed: dict[str, float] = {}
    winner = contest.winner(plan, result.best.values(), result.baselines)
    if winner is None:
        return None
    if plan.settings.confirm:
        winner, confirmed = confirmation.confirm(plan, result, rerun)
    name = contest.name_of(winner.job, plan)
    refit = _refit(plan)
    if not refit:
        return Champion(name, MlflowClient().get_run(winner.run_id), confirmed=confirmed)
    what = f"{name} once more, fitted on all training rows" if plan.entry.runs_train else f"{name} once more"
    known = {Variable.IMPORTANCES_S: f"{importances_s:.1f}", Variable.SCORED_RUN: winner.run_id}
    variables = {**winner.job.variables, **(known if plan.entry.runs_train else {})}
    parameters = {**winner.job.parameters, **refit}
    results = rerun.run(
        [replace(winner.job, role=Role.CHAMPION, parameters=parameters, variables=variables, rung=None)], what
    )
    if rerun.interrupts.noted or not results:
        return None
    (result_of_refit,) = results
    if result_of_refit.outcome.state != TrialState.COMPLETE:
        return Champion(name, None, f"{result_of_refit.reason} (run {result_of_refit.run_id})", confirmed)
    return Champion(name, MlflowClient().get_run(result_of_refit.run_id), confirmed=confirmed)


def record(plan: StudyPlan, champion: Champion, run_id: str) -> None:
    """Write to the study's run which run is its champion, and the champion's held-out scores and gain.

    What somebody's own entry point logs under the names of these is something else.
    """
    confirmed = {name.removeprefix("trial "): score for name, score in champion.confirmed.items()}
    tags = {Tag.CONFIRMED: json.dumps(confirmed)} if confirmed else {}
    metrics = []
    if champion.run is not None:
        tags[Tag.CHAMPION] = champion.run.info.run_id
        tags[Tag.CHAMPION_IS] = champion.name
        write.record(champion.run.info.run_id, tags={Tag.CHAMPION_IS: champion.name})
        scores = champion.run.data.metrics
        if plan.entry.runs_train:
            if Metric.GAIN in scores:
                tags[Tag.GAIN] = f"{scores[Metric.GAIN]:+.6g}"
            kinds = (Metric.test(""), Metric.baseline_test(""), Metric.dummy_test(""), Metric.GAIN)
            held_out = [name for name in scores if name.startswith(kinds)]
            metrics = [write.metric(name, scores[name]) for name in held_out]
    write.record(run_id, metrics, tags)


def _refit(plan: StudyPlan) -> dict[str, str]:
    """Return the parameters with which the entry point refits; none if it declares no `refit`."""
    if plan.entry.runs_train:
        return {"refit": "true", "evaluate": "full"}
    return {"refit": "true"} if "refit" in plan.entry.parameters else {}
