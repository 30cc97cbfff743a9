"""One study, from its settings to what it leaves on the parent run."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps import backends
from steps.backends.warm import forkserver, warm_backend
from steps.errors import NoTrialFinished, StepError, WrongValue
from steps.names import Variable
from steps.process import orphans
from steps.process.signals import Interrupts
from steps.tracking import outage
from steps.tuning import wiring
from steps.tuning.champion import champion, registry
from steps.tuning.checks import backend, preflight, ray_cluster
from steps.tuning.record import lock, resume, study_run, warm_start
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.warm_start import WarmStart
from steps.tuning.report import dry_run, summary
from steps.tuning.report.reporter import Reporter
from steps.tuning.study_plan import Describe, StudyPlan, make
from steps.tuning.trials.child_runs import ChildRuns


@dataclass(frozen=True)
class OpenStudy:
    """A study that is to be run, or to go on: by its name, in its parent run, with its settings.

    `earlier` are its parent runs so far, the oldest first; `study_lock` is what this process has of it.
    """

    name: str
    parent: Run
    values: Mapping[str, Any]
    earlier: Sequence[Run]
    study_lock: StudyLock


def open_study(values: Mapping[str, Any], run_id: str) -> OpenStudy:
    """Find a study that was named, study_lock it for this process, and take over the settings that are on record.

    Raises WrongValue where another process works on it. A dry run claims nothing.
    """
    own = MlflowClient().get_run(run_id)
    if values["study"] == "auto":
        return OpenStudy(own.info.run_name, own, values, [], StudyLock(run_id))
    name = values["study"]
    study_lock = StudyLock(run_id) if values["dry_run"] else lock.acquire(name, own)
    earlier = resume.parents(own.info.experiment_id, name, but=run_id)
    return OpenStudy(name, own, resume.take_over(values, earlier), earlier, study_lock)


def run(begun: OpenStudy, interrupts: Interrupts, describe: Describe) -> None:
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
        champion.check(plan)
        resume.check_same(study, plan, earlier)
    except WrongValue:
        if values["study"] != "auto":  # else nobody would take its run for a part of the study
            begun.study_lock.release()
        raise
    backend.warn(plan.values)
    with tempfile.TemporaryDirectory(prefix="tune-") as folder, _cleared_up(folder, os.environ[Variable.FILES]):
        children = wiring.children_of(plan, study, experiment_id, Path(folder))
        past = _past(plan, children, earlier)
        search = partial(wiring.search_of, plan, list(past.trials.values()))
        if values["dry_run"]:
            print(dry_run.text(plan, children, search))
            return
        _register(plan.values, Path(folder))
        remembered = resume.load(experiment_id, study, plan, earlier)
        study_run.write_opening(plan, study, run_id, past, earlier)
        if tree:
            tree.record(run_id)
        if values["study"] != "auto":
            lock.confirm(begun.study_lock, study, begun.parent)
        reporter = Reporter(plan, study, run_id, values["report"])
        try:
            result = wiring.drive(plan, children, search(), interrupts, remembered, begun.study_lock, reporter)
            resume.settle_leftovers(experiment_id, study)
            study_run.write_end(result, children, run_id)
            reporter.stand_by()  # beside the champion, which takes as long on one core
            with outage.raised_as_server_lost(study):
                rerun = wiring.rerun_of(plan, children, interrupts, begun.study_lock, remembered)
                crowned = champion.run_champion(plan, result, rerun)
            if crowned:
                champion.record(crowned, run_id)
            reporter.finish(hurried=interrupts.noted, final=not interrupts.noted)
        except NoTrialFinished:
            reporter.finish(hurried=False, final=False)
            raise
        finally:
            reporter.end()
    if result.best:
        print(summary.summary(result, children, run_id, crowned))
    interrupts.check()
    if crowned and crowned.run and values["register"] != champion.NONE:
        print(registry.register(values["register"], crowned.run, plan.values["metric"]))
    if crowned and crowned.failure:
        raise StepError(f"the champion, trial {crowned.number} run once more, failed: {crowned.failure}")
    if result.why_failed:
        raise StepError(
            f"stopped after {values['max_failures']} failed trials in a row; {result.why_failed}\n"
            f"With --study {study!r} and a higher --max_failures it goes on."
        )


def _register(values: Mapping[str, Any], folder: Path) -> None:
    """Make this project's backends known to MLflow."""
    warm_backend.register(folder)
    if values["backend"] == backends.RAY:
        from steps.backends.ray import ray_backend  # which not everybody has

        ray_backend.register(folder, ray_cluster.need(values), ray_cluster.warmth(values))


@contextmanager
def _cleared_up(*folders: str) -> Iterator[None]:
    """Have someone who clears up behind this process however it ends."""
    janitor = forkserver.fork(orphans.clear_up, os.getpid(), folders)
    try:
        yield
    finally:
        janitor.kill()


def _past(plan: StudyPlan, children: ChildRuns, earlier: Sequence[Run]) -> WarmStart:
    """Find the runs that the search knows from its start: a study that goes on has them on record."""
    reading, prunes, given = wiring.reading(plan), plan.values["pruner"] != "none", plan.values["warm_start"]
    if given == warm_start.NONE:
        return WarmStart()
    frozen = warm_start.frozen(earlier[0].info.run_id) if earlier else None
    past = warm_start.collect(plan, (lambda run_id: reading(children.steps(run_id))) if prunes else None, frozen)
    print(f"tune: --warm_start {given!r}: {past.text()}", file=sys.stderr)
    return past
