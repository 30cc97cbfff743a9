"""The parts of a study, put together as its plan says."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from optuna.trial import FrozenTrial

from steps.names import Metric
from steps.parameters import declared
from steps.process.signals import Interrupts
from steps.project import environment
from steps.tuning.champion.rerun import Rerun
from steps.tuning.loop import Limits, StudyLoop
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.resume import History
from steps.tuning.report.progress import Progress
from steps.tuning.report.reporter import Reporter
from steps.tuning.search import pruning
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Search
from steps.tuning.search.stopping import BestTrials, StopRules
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials import command
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.results import Results, StudyResult


def children_of(plan: StudyPlan, study: str, experiment_id: str, folder: Path) -> ChildRuns:
    """Make what launches and settles a study's children."""
    values = plan.values
    parameters = plan.entry.shared(values)
    if plan.entry.runs_train:
        parameters |= {"refit": False}
        if values["pruner"] != "none":
            parameters |= {"log_folds": "live"}
    return ChildRuns(
        project=os.path.relpath(environment.PROJECT),
        entry=plan.entry,
        parameters=declared.as_parameters(parameters),
        objectives=plan.objectives,
        steps_of=Metric.fold(values["metric"]) if plan.is_folded else plan.objectives[0].name,
        study=study,
        experiment_id=experiment_id,
        backend=values["backend"],
        backend_config=plan.backend_config,
        digits=max(3, len(str(values["n_trials"] - 1))),
        folder=folder,
        origin=command.find(),
        several=len(plan.estimators) > 1,
    )


def search_of(plan: StudyPlan, past: Sequence[FrozenTrial]) -> Search:
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


def reading(plan: StudyPlan) -> Callable[[Steps], Steps]:
    """Return what turns the steps that a child has logged into those that a pruner sees."""
    means = plan.is_folded and plan.values["pruner"] != "wilcoxon"  # which compares fold with fold
    return pruning.running_means if means else pruning.as_logged


def rerun_of(
    plan: StudyPlan, children: ChildRuns, interrupts: Interrupts, study_lock: StudyLock, remembered: History
) -> Rerun:
    """Make what runs trials of a study once more, or finds that an earlier start of it has."""
    values = plan.values
    return Rerun(children, interrupts, study_lock, values["jobs"], values["retries"], list(remembered.others))


def drive(
    plan: StudyPlan,
    children: ChildRuns,
    search: Search,
    interrupts: Interrupts,
    remembered: History,
    study_lock: StudyLock,
    reporter: Reporter,
) -> StudyResult:
    """Run a study's trials to its end. Raises what `Driver.run` raises."""
    values = plan.values
    best = BestTrials(tuple(o.direction for o in plan.objectives))
    until = None if values["timeout_s"] is None else time.monotonic() + values["timeout_s"]
    progress = Progress(values["n_trials"], plan.objectives[0].name)
    driver = StudyLoop(
        search=search,
        pool=Pool(children, values["jobs"], values["trial_timeout_s"]),
        limits=Limits(values["n_trials"], until, values["retries"]),
        results=Results(StopRules(best, values["patience"], values["target_value"], values["max_failures"])),
        plan=plan,
        reading=reading(plan),
        parent_run_id=study_lock.run_id,
        interrupts=interrupts,
        progress=progress,
        baselines=plan.baselines(),
        history=remembered,
        study_lock=study_lock,
        reporter=reporter,
    )
    try:
        return driver.run()
    finally:
        progress.close()
