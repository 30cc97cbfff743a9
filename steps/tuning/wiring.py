"""The parts of a study, put together as its plan says."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from optuna.trial import FrozenTrial

from steps import names
from steps.parameters import declared
from steps.process.signals import Interrupts
from steps.project import environment
from steps.tuning.champion.rerun import Encore
from steps.tuning.loop import Driver, Limits
from steps.tuning.record.lock import Claim
from steps.tuning.record.resume import History
from steps.tuning.report.progress import Progress
from steps.tuning.report.reporter import Reporter
from steps.tuning.search import pruning
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Search
from steps.tuning.search.stopping import Best, Stop
from steps.tuning.study_plan import Plan
from steps.tuning.trials import command
from steps.tuning.trials.child_runs import Children
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.results import Ledger, Result


def children_of(plan: Plan, study: str, experiment_id: str, folder: Path) -> Children:
    """Make what launches and settles a study's children."""
    values = plan.values
    parameters = plan.entry.shared(values)
    if plan.entry.open:
        parameters |= {"refit": False}
        if values["pruner"] != "none":
            parameters |= {"log_folds": "live"}
    return Children(
        project=os.path.relpath(environment.PROJECT),
        entry=plan.entry,
        parameters=declared.as_parameters(parameters),
        objectives=plan.objectives,
        steps_of=names.fold(values["metric"]) if plan.is_folded else plan.objectives[0].name,
        study=study,
        experiment_id=experiment_id,
        backend=values["backend"],
        backend_config=plan.backend_config,
        digits=max(3, len(str(values["n_trials"] - 1))),
        folder=folder,
        origin=command.find(),
        several=len(plan.estimators) > 1,
    )


def search_of(plan: Plan, past: Sequence[FrozenTrial]) -> Search:
    """Make what chooses a study's trials."""
    values = plan.values
    return Search(
        plan.space,
        sampler=values["sampler"],
        seed=values["seed"],
        window=values["window"],
        directions=[o.direction for o in plan.objectives],
        pruner=values["pruner"],
        steps=values["folds"] if plan.is_folded else None,
        past=past,
    )


def reading(plan: Plan) -> Callable[[Steps], Steps]:
    """Return what turns the steps that a child has logged into those that a pruner sees."""
    means = plan.is_folded and plan.values["pruner"] != "wilcoxon"  # which compares fold with fold
    return pruning.running_means if means else pruning.as_logged


def encore_of(plan: Plan, children: Children, interrupts: Interrupts, claim: Claim, remembered: History) -> Encore:
    """Make what runs trials of a study once more, or finds that an earlier start of it has."""
    values = plan.values
    return Encore(children, interrupts, claim, values["jobs"], values["retries"], list(remembered.others))


def drive(
    plan: Plan,
    children: Children,
    search: Search,
    interrupts: Interrupts,
    remembered: History,
    claim: Claim,
    reporter: Reporter,
) -> Result:
    """Run a study's trials to its end. Raises what `Driver.run` raises."""
    values = plan.values
    best = Best(tuple(o.direction for o in plan.objectives))
    until = None if values["timeout_s"] is None else time.monotonic() + values["timeout_s"]
    progress = Progress(values["n_trials"], plan.objectives[0].name)
    driver = Driver(
        search=search,
        pool=Pool(children, values["jobs"], values["trial_timeout_s"]),
        limits=Limits(values["n_trials"], until, values["retries"]),
        ledger=Ledger(Stop(best, values["patience"], values["target_value"], values["max_failures"])),
        plan=plan,
        reading=reading(plan),
        parent_run_id=claim.run_id,
        interrupts=interrupts,
        progress=progress,
        baselines=plan.baselines(),
        history=remembered,
        claim=claim,
        reporter=reporter,
    )
    try:
        return driver.run()
    finally:
        progress.close()
