"""Make the parts of a study as its plan says."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import mlflow
from optuna.trial import FrozenTrial

from steps import backends
from steps.names import Metric
from steps.parameters import pruner_settings, step_rules
from steps.process.signals import Interrupts
from steps.project.snapshot import Snapshot
from steps.tracking import sqlite_uri
from steps.tuning.champion.rerun import Rerun
from steps.tuning.checks.capacity import Belongings
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.resume import History
from steps.tuning.search import pruners, pruning
from steps.tuning.search.halving_search import AnySearch, HalvingSearch
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Search
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials import command
from steps.tuning.trials.checkpoints import Checkpoints
from steps.tuning.trials.child_results import ChildResults
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.own_results import OwnResults
from steps.tuning.trials.places import Place, Places


def make_child_runs(plan: StudyPlan, study: str, experiment_id: str, folder: Path) -> ChildRuns:
    """Make what launches and settles a study's children; `folder` takes their output."""
    settings = plan.settings
    parameters = plan.entry.common(settings) | _device(plan)
    if plan.entry.runs_train and plan.prunes:
        parameters |= {"log_folds": "live"}
    results = ChildResults if plan.entry.runs_train else OwnResults
    return ChildRuns(
        project=plan.project,
        entry=plan.entry,
        parameters=parameters,
        objectives=plan.objectives,
        results=results(plan.measured, experiment_id),
        steps_of=Metric.fold(settings.metric) if plan.is_folded else plan.objectives[0].logged,
        study=study,
        experiment_id=experiment_id,
        backend=settings.backend,
        backend_config=plan.backend_config,
        digits=max(3, len(str(settings.n_trials - 1))),
        folder=folder,
        origin=command.find(plan.project, settings.env_manager),
        seen_by_pruner=seen_by_pruner(plan),
        several=len(plan.estimators) > 1,
        constraints=plan.constraints,
    )


def make_checkpoints(plan: StudyPlan, first_run_id: str) -> Checkpoints:
    """Make what gives a study's children their checkpoint folders; the study is known by its first run."""
    folder = plan.checkpoints and plan.checkpoints / first_run_id
    return Checkpoints(folder, plan.gives_checkpoint, plan.settings.keep_checkpoints)


def _device(plan: StudyPlan) -> dict[str, str]:
    """Return the parameter that tells an entry point which has it what its devices are called; it sees no others.

    An entry point without a default for it is told in every study.
    """
    if "device" not in plan.entry.parameters or plan.entry.runs_train:
        return {}
    if plan.device is None and plan.entry.parameters["device"] is not None:
        return {}
    return {"device": plan.device or "cpu"}


def make_search(plan: StudyPlan, past: Sequence[FrozenTrial]) -> AnySearch:
    """Make what chooses a study's trials; it knows the `past` ones from its start."""
    settings = plan.settings
    if plan.fidelity is not None:
        return HalvingSearch(
            plan.space,
            sampler=settings.sampler,
            seed=settings.shared.seed,
            window=settings.window,
            direction=plan.objectives[0].direction,
            n_trials=settings.n_trials,
            fidelity=plan.fidelity,
        )
    return Search(
        plan.space,
        sampler=settings.sampler,
        seed=settings.shared.seed,
        window=settings.window,
        directions=[objective.direction for objective in plan.objectives],
        pruner=settings.pruner,
        steps=settings.shared.folds * settings.shared.repeats if plan.is_folded else None,
        past=past,
        failures_teach=plan.failures_teach,
        constraints=[constraint.text for constraint in plan.constraints],
        no_score_breaks=plan.no_score_breaks,
    )


def seen_by_pruner(plan: StudyPlan) -> Callable[[Steps], Steps]:
    """Return what turns the steps that a child has logged into those that a pruner sees.

    Of folds it sees the mean so far, which becomes the objective. Wilcoxon compares fold with fold. Of another entry
    point's objective it sees at each step what would count if that were the last, or the value itself if the pruner
    needs that; in a study of an earlier version, without `shows_values`, it does not.
    """
    pruner, objective = plan.settings.pruner, plan.objectives[0]
    if not plan.is_folded:
        if plan.shows_values and pruners.needs_values(pruner, objective.rule):
            return pruning.as_logged
        return partial(step_rules.running, objective.rule, objective.sign)
    compares_folds = pruner is not None and "wilcoxon" in pruner_settings.parse(pruner).names
    return pruning.as_logged if compares_folds else pruning.running_means


def make_places(plan: StudyPlan, root: Path, folder: Path) -> Places:
    """Make the places of a study's children, whose project is at `root`; `folder` takes their working folders.

    On a cluster children take ports and folders on its nodes; MLflow's own backends execute in the project itself. Our
    `train` writes nothing into its folder.
    """
    backend = plan.settings.backend
    snapshot = None
    if backend == backends.WARM and not plan.entry.runs_train:
        snapshot = _snapshot(root, folder)
    has_port = backend != backends.RAY
    own = plan.places or [Belongings()] * plan.jobs
    return Places(
        Place(number, each.variables, ",".join(each.devices), has_port, snapshot, folder)
        for number, each in enumerate(own)
    )


def _snapshot(root: Path, folder: Path) -> Snapshot:
    """Take the project as it is now; say on stderr what of it trials don't reach."""
    database = sqlite_uri.path(mlflow.get_tracking_uri())
    snapshot = Snapshot(root, shared=[folder, *([database] if database else [])])
    for hidden in snapshot.hidden:
        print(
            f"tune: {hidden} holds so much that trials can't reach it by a path that begins with `..`: give it an "
            "absolute one",
            file=sys.stderr,
        )
    return snapshot


def make_rerun(
    plan: StudyPlan,
    children: ChildRuns,
    places: Places,
    interrupts: Interrupts,
    study_lock: StudyLock,
    history: History,
) -> Rerun:
    """Make what runs trials of a study once more, unless an earlier start has."""
    return Rerun(children, interrupts, study_lock, places, plan.settings.retries, list(history.reruns))
