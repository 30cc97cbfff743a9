"""One study, from its settings to what it leaves on the parent run."""

import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import FrozenTrial, TrialState

from steps import environment, lifeline, names, settings, tracking
from steps.backends import forkserver, warm
from steps.errors import StepError, WrongValue
from steps.interrupts import Interrupts
from steps.tuning import claim as claims
from steps.tuning import history, objective, preflight, preview, pruning, report, resources, warm_start
from steps.tuning.claim import Claim
from steps.tuning.driver import Driver, Limits
from steps.tuning.history import History
from steps.tuning.ledger import Ledger, Result
from steps.tuning.plan import Describe, Plan, make
from steps.tuning.pool import Pool
from steps.tuning.progress import Progress
from steps.tuning.pruning import Steps
from steps.tuning.search import Search
from steps.tuning.stopping import Best, Stop
from steps.tuning.trials import Children
from steps.tuning.warm_start import Past


@dataclass(frozen=True)
class Begun:
    """A study that is to be run, or to go on: by its name, in its parent run, with its settings.

    `earlier` are its parent runs so far, the oldest first; `claim` is what this process has of it.
    """

    name: str
    parent: Run
    values: Mapping[str, Any]
    earlier: Sequence[Run]
    claim: Claim


def look_up(values: Mapping[str, Any], run_id: str) -> Begun:
    """Find a study that was named, claim it for this process, and take over the settings that are on record.

    Raises WrongValue where another process works on it. A dry run claims nothing.
    """
    parent = MlflowClient().get_run(run_id)
    if values["study"] == "auto":
        return Begun(parent.info.run_name, parent, values, [], Claim(run_id))
    name = values["study"]
    claim = Claim(run_id) if values["dry_run"] else claims.take(name, parent)
    earlier = history.parents(parent.info.experiment_id, name, but=run_id)
    return Begun(name, parent, history.take_over(values, earlier), earlier, claim)


def run(begun: Begun, interrupts: Interrupts, describe: Describe) -> None:
    """Run a study inside its parent run, which gets its record; say on stdout what was found.

    Raises WrongValue, before any child starts, for what does not fit; NoTrialFinished; StepError where failures in a
    row ended it; Interrupted.
    """
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # no line for each launch
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # nor a link for each end
    study, values, earlier, run_id = begun.name, begun.values, begun.earlier, begun.parent.info.run_id
    experiment_id = begun.parent.info.experiment_id
    try:
        tree = preflight.check(values, begun.parent)
        plan = make(values, describe)
        history.check_same(study, plan, earlier)
    except WrongValue:
        begun.claim.release()
        raise
    resources.warn(plan.values)
    with tempfile.TemporaryDirectory(prefix="tune-") as folder, _cleared_up(folder, os.environ[names.FILES]):
        children = _children(plan, study, experiment_id, Path(folder))
        past = _past(plan, children, earlier)
        search = partial(_search, plan, list(past.trials.values()))
        if values["dry_run"]:
            print(preview.text(plan, children, search))
            return
        warm.register(Path(folder))
        remembered = history.load(experiment_id, study, plan, earlier)
        _open(plan, study, run_id, past, earlier)
        if tree:
            tree.record(run_id)
        result = _drive(plan, children, search(), interrupts, remembered, begun.claim)
    history.settle_leftovers(experiment_id, study)
    _record(result, children, run_id)
    if result.best:
        print(report.summary(result, children, run_id))
    interrupts.check()
    if result.why_failed:
        raise StepError(
            f"stopped after {values['max_failures']} failed trials in a row; {result.why_failed}\n"
            f"With --study {study!r} and a higher --max_failures it goes on."
        )


@contextmanager
def _cleared_up(*folders: str) -> Iterator[None]:
    """Have someone who clears up behind this process however it ends."""
    janitor = forkserver.fork(lifeline.clear_up, os.getpid(), folders)
    try:
        yield
    finally:
        janitor.kill()


def _past(plan: Plan, children: Children, earlier: Sequence[Run]) -> Past:
    """Find the runs that the search knows from its start: a study that goes on has them on record."""
    reading, prunes, given = _reading(plan), plan.values["pruner"] != "none", plan.values["warm_start"]
    if given == warm_start.NONE:
        return Past()
    frozen = warm_start.frozen(earlier[0].info.run_id) if earlier else None
    past = warm_start.collect(plan, (lambda run_id: reading(children.steps(run_id))) if prunes else None, frozen)
    print(f"tune: --warm_start {given!r}: {past.text()}", file=sys.stderr)
    return past


def _open(plan: Plan, study: str, run_id: str, past: Past, earlier: Sequence[Run]) -> None:
    """Write to the parent run what is known before the first child."""
    tags = {
        names.STUDY: study,
        names.ROLE: "study",
        names.SETTINGS: json.dumps(plan.values),
        names.IDENTITY: json.dumps(history.identity(plan)),
        names.ENVIRONMENT: environment.state(),
    }
    if plan.dataset:
        tags[names.DATA] = plan.dataset["sha256"]
        tracking.record_data(run_id, plan.dataset)
    if earlier:
        tags[names.CONTINUES] = ",".join(run.info.run_id for run in earlier)
    if plan.values["warm_start"] != warm_start.NONE:
        MlflowClient().log_dict(run_id, past.as_dict(), warm_start.FILE)
    tracking.record(run_id, tags=tags)


def _children(plan: Plan, study: str, experiment_id: str, folder: Path) -> Children:
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
        study=study,
        experiment_id=experiment_id,
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
    interrupts: Interrupts,
    remembered: History,
    claim: Claim,
) -> Result:
    values = plan.values
    best = Best(tuple(o.direction for o in plan.objectives))
    until = None if values["timeout_s"] is None else time.monotonic() + values["timeout_s"]
    progress = Progress(values["n_trials"], plan.objectives[0].name)
    driver = Driver(
        search=search,
        pool=Pool(children, values["jobs"], values["trial_timeout_s"]),
        limits=Limits(values["n_trials"], until, values["retries"]),
        ledger=Ledger(Stop(best, values["patience"], values["target_value"], values["max_failures"])),
        job=plan.job,
        reading=_reading(plan),
        parent_run_id=claim.run_id,
        interrupts=interrupts,
        progress=progress,
        baselines=plan.baselines(),
        history=remembered,
        claim=claim,
    )
    try:
        return driver.run()
    finally:
        progress.close()


def _record(result: Result, children: Children, run_id: str) -> None:
    """Write the end of a study to its parent run."""
    states = Counter(ended.outcome.state for ended in result.trials.values())
    counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    metrics = [tracking.metric(names.trials_in(state.name), states[state]) for state in counted]
    tags = {names.STOPPED_BY: result.stopped_by}
    if len(children.objectives) > 1:
        for ended in result.best.values():
            tracking.record(ended.run_id, tags={names.PARETO: "true"})
    elif result.best:
        (best,) = result.best.values()
        tags |= {
            names.BEST_RUN: best.run_id,
            names.BEST_TRIAL: str(best.job.number),
            names.BEST_PARAMS: json.dumps(children.recorded(best.job)),
        }
        if best.job.estimator is not None:
            tags[names.ESTIMATOR] = best.job.estimator
    baselines = [ended.value for ended in result.baselines if ended.value is not None]
    if baselines:
        pick = max if children.objectives[0].direction == objective.MAXIMIZE else min
        metrics.append(tracking.metric(names.BASELINE, pick(baselines)))
    tracking.record(run_id, metrics, tags)
