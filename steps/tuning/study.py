"""One study, from its settings to what it leaves on the parent run."""

import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient
from optuna.trial import FrozenTrial, TrialState

from steps import environment, lifeline, names, settings, tracking
from steps.backends import forkserver, warm
from steps.interrupts import Interrupts
from steps.tuning import objective, preview, pruning, report, resources, warm_start
from steps.tuning.driver import Driver, Limits, Result
from steps.tuning.plan import Describe, Plan, make
from steps.tuning.progress import Progress
from steps.tuning.pruning import Steps
from steps.tuning.search import Search
from steps.tuning.stopping import Best, Stop
from steps.tuning.trials import Children


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
        reading = _reading(plan)
        prunes = values["pruner"] != "none"
        past = warm_start.collect(plan, (lambda past_run: reading(children.steps(past_run))) if prunes else None)
        if values["warm_start"] != warm_start.NONE:
            print(f"tune: --warm_start {values['warm_start']!r}: {past.text()}", file=sys.stderr)
        search = partial(_search, plan, list(past.trials.values()))
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
        if values["warm_start"] != warm_start.NONE:
            MlflowClient().log_dict(run_id, past.as_dict(), warm_start.FILE)
        result = _drive(plan, children, search(), reading, run_id, interrupts)
    _record(result, children, run_id)
    if result.best:
        print(report.summary(result, children, run_id))
    interrupts.check()


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


def _search(plan: Plan, past: Sequence[FrozenTrial]) -> Search:
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


def _reading(plan: Plan) -> Callable[[Steps], Steps]:
    """Return what turns the steps that a child has logged into those that a pruner sees."""
    means = plan.is_folded and plan.values["pruner"] != "wilcoxon"  # which compares fold with fold
    return pruning.running_means if means else pruning.as_logged


def _drive(
    plan: Plan,
    children: Children,
    search: Search,
    reading: Callable[[Steps], Steps],
    run_id: str,
    interrupts: Interrupts,
) -> Result:
    values = plan.values
    best = Best(tuple(o.direction for o in plan.objectives))
    until = None if values["timeout_s"] is None else time.monotonic() + values["timeout_s"]
    progress = Progress(values["n_trials"], plan.objectives[0].name)
    driver = Driver(
        search=search,
        children=children,
        limits=Limits(values["n_trials"], values["jobs"], until),
        stop=Stop(best, values["patience"], values["target_value"]),
        job=plan.job,
        reading=reading,
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
