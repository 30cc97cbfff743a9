"""One study, from its settings to what it leaves on the parent run."""

import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import environment, lifeline, names, settings, tracking
from steps.backends import forkserver, warm
from steps.errors import WrongValue
from steps.interrupts import Interrupts
from steps.tuning import entry, objective, preview, pruning, report, resources, samplers, space
from steps.tuning.child import Job
from steps.tuning.driver import Driver, Limits, Result
from steps.tuning.entry import EntryPoint
from steps.tuning.objective import Objective
from steps.tuning.progress import Progress
from steps.tuning.search import Search
from steps.tuning.space import Space
from steps.tuning.stopping import Best, Stop
from steps.tuning.trials import Children

# Called with the study's settings and the estimators of its space, by task; see `steps.training.plan.describe`.
Describe = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Plan:
    """A study, resolved and checked: nothing is `auto` any more.

    `estimators` has the import path of each of the space's estimators (None: the entry point has none).
    """

    values: Mapping[str, Any]
    entry: EntryPoint
    space: Space
    estimators: Mapping[str | None, str | None]
    objectives: tuple[Objective, ...]
    backend_config: Mapping[str, Any]
    dataset: Mapping[str, Any]  # what is recorded of the data; nothing where the entry point reads its own

    @property
    def is_folded(self) -> bool:
        """Tell whether trials log a score for each fold, as `train` does, and not an objective that goes on."""
        return self.entry.open

    def job(self, number: int | None, params: Mapping[str, Any]) -> Job:
        """Turn the parameters of a point in the space into what a child does."""
        choice = self.space.child(params)
        return Job(number, self.estimators[choice.estimator], choice.hyperparameters)

    def baselines(self) -> deque[Job]:
        """Return what is run beside the trials: each estimator, or the entry point, with its own defaults."""
        if not self.entry.open and self.entry.required(self.entry.shared(self.values)):
            return deque()  # it has no defaults
        return deque(Job(None, path) for path in self.estimators.values())


def run(values: Mapping[str, Any], run_id: str, interrupts: Interrupts, describe: Describe) -> None:
    """Run a study inside its parent run, which gets its record; say on stdout what was found.

    Raises WrongValue, before any child starts, for what does not fit; NoTrialFinished; Interrupted.
    """
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # no line for each launch
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # nor a link for each end
    plan = make(values, describe)
    resources.warn(plan.values)
    parent = MlflowClient().get_run(run_id)
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        children = _children(plan, parent, Path(folder))
        search = Search(
            plan.space,
            sampler=values["sampler"],
            seed=values["seed"],
            window=values["window"],
            directions=[o.direction for o in plan.objectives],
            pruner=values["pruner"],
            steps=values["folds"] if plan.is_folded else None,
        )
        if values["dry_run"]:
            print(preview.text(plan, children, search))
            return
        warm.register(Path(folder))
        tags = {
            names.STUDY: children.study,
            names.ROLE: "study",
            names.SETTINGS: json.dumps(plan.values),
            names.ENVIRONMENT: environment.state(),
            **({names.DATA: plan.dataset["sha256"]} if plan.dataset else {}),
        }
        tracking.record(run_id, tags=tags)
        if plan.dataset:
            tracking.record_data(run_id, plan.dataset)
        result = _drive(plan, children, search, run_id, interrupts)
    _record(result, children, run_id)
    if result.best:
        print(report.summary(result, children, run_id))
    interrupts.check()


def make(values: Mapping[str, Any], describe: Describe) -> Plan:
    """Resolve and check a study's settings. Raises WrongValue for what does not fit."""
    tuned = entry.find(values["entry_point"])
    file = space.load(values["space"])
    backend_config = resources.read_backend_config(values)
    chosen = {**values, "metric": objective.metric(values), "jobs": resources.jobs(values)}
    resolved: Mapping[str, Any] = {}
    if tuned.open:
        resolved = describe(settings=dict(chosen), estimators=file.hyperparameters(), where=file.where)
        chosen |= {key: resolved[key] for key in ("target", "split", "task", "metric")}
        for note in resolved["notes"]:
            print(f"tune: {note}", file=sys.stderr)
    found = file.for_task(chosen["task"] if chosen["task"] != "auto" else "classification")
    if tuned.open:
        estimators = dict(zip(found.estimators, resolved["estimators"], strict=True))
    else:
        estimators = {path: path for path in found.estimators}
        names_ = [name for path in found.estimators for name in found.hyperparameters(path)]
        tuned.check([*names_, *(["estimator"] if None not in estimators else [])], f"--space {values['space']!r}")
    objectives = objective.resolve(chosen, tuned, chosen["metric"])
    samplers.check(values["sampler"], found, len(objectives))
    _check_scores(values, objectives)
    return Plan(chosen, tuned, found, estimators, objectives, backend_config, resolved.get("dataset", {}))


def _check_scores(values: Mapping[str, Any], objectives: tuple[Objective, ...]) -> None:
    problems = []
    if len(objectives) > 1:
        if values["pruner"] != "none":
            problems.append(f"--pruner {values['pruner']!r}: must be none with two objectives: Optuna prunes by one")
        if values["target_value"] is not None:
            problems.append(f"--target_value {values['target_value']}: must be none with two objectives")
    if problems:
        raise WrongValue(*problems)


def _children(plan: Plan, parent: Any, folder: Path) -> Children:
    values = plan.values
    parameters = plan.entry.shared(values)
    if plan.entry.open:
        parameters |= {"refit": False}
        if values["pruner"] != "none":
            parameters |= {"log_folds": "live"}
    return Children(
        project=os.path.relpath(environment.PROJECT),
        entry=plan.entry,
        parameters=settings.as_parameters(parameters),
        objectives=plan.objectives,
        steps_of=names.fold(values["metric"]) if plan.is_folded else plan.objectives[0].name,
        study=parent.info.run_name,
        experiment_id=parent.info.experiment_id,
        backend=values["backend"],
        backend_config=plan.backend_config,
        digits=max(3, len(str(values["n_trials"] - 1))),
        folder=folder,
        several=len(plan.estimators) > 1,
    )


def _drive(plan: Plan, children: Children, search: Search, run_id: str, interrupts: Interrupts) -> Result:
    values = plan.values
    best = Best(tuple(o.direction for o in plan.objectives))
    until = None if values["timeout_s"] is None else time.monotonic() + values["timeout_s"]
    means = plan.is_folded and values["pruner"] != "wilcoxon"  # which compares fold with fold
    progress = Progress(values["n_trials"], plan.objectives[0].name)
    driver = Driver(
        search=search,
        children=children,
        limits=Limits(values["n_trials"], values["jobs"], until),
        stop=Stop(best, values["patience"], values["target_value"]),
        job=plan.job,
        reading=pruning.running_means if means else pruning.as_logged,
        parent_run_id=run_id,
        interrupts=interrupts,
        progress=progress,
        baselines=plan.baselines(),
    )
    watch = None if values["backend"] == warm.NAME else forkserver.fork(lifeline.end_orphans, os.getpid())
    try:
        return driver.run()
    finally:
        progress.close()
        if watch is not None:
            watch.kill()


def _record(result: Result, children: Children, run_id: str) -> None:
    """Write the end of a study to its parent run."""
    states = Counter(ended.outcome.state for ended in result.trials.values())
    counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    metrics = [tracking.metric(names.trials_in(state.name), states[state]) for state in counted]
    tags = {names.STOPPED_BY: result.stopped_by}
    if len(children.objectives) > 1:
        for ended in result.best.values():
            tracking.record(ended.child.run_id, tags={names.PARETO: "true"})
    elif result.best:
        (best,) = result.best.values()
        tags |= {
            names.BEST_RUN: best.child.run_id,
            names.BEST_TRIAL: str(best.child.number),
            names.BEST_PARAMS: json.dumps(children.recorded(best.child.job)),
        }
        if best.child.job.estimator is not None:
            tags[names.ESTIMATOR] = best.child.job.estimator
    baselines = [ended.value for ended in result.baselines if ended.value is not None]
    if baselines:
        pick = max if children.objectives[0].direction == objective.MAXIMIZE else min
        metrics.append(tracking.metric(names.BASELINE, pick(baselines)))
    tracking.record(run_id, metrics, tags)
