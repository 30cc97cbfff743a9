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

from steps import backends, lifeline, names, outage
from steps.backends import forkserver, warm
from steps.errors import NoTrialFinished, StepError, WrongValue
from steps.interrupts import Interrupts
from steps.tuning import (
    assembly,
    champion,
    history,
    on_ray,
    parent,
    preflight,
    preview,
    registry,
    resources,
    warm_start,
)
from steps.tuning import claim as claims
from steps.tuning.claim import Claim
from steps.tuning.plan import Describe, Plan, make
from steps.tuning.report import words
from steps.tuning.report.reporter import Reporter
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
    own = MlflowClient().get_run(run_id)
    if values["study"] == "auto":
        return Begun(own.info.run_name, own, values, [], Claim(run_id))
    name = values["study"]
    claim = Claim(run_id) if values["dry_run"] else claims.take(name, own)
    earlier = history.parents(own.info.experiment_id, name, but=run_id)
    return Begun(name, own, history.take_over(values, earlier), earlier, claim)


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
        champion.check(plan)
        history.check_same(study, plan, earlier)
    except WrongValue:
        if values["study"] != "auto":  # else nobody would take its run for a part of the study
            begun.claim.release()
        raise
    resources.warn(plan.values)
    with tempfile.TemporaryDirectory(prefix="tune-") as folder, _cleared_up(folder, os.environ[names.FILES]):
        children = assembly.children_of(plan, study, experiment_id, Path(folder))
        past = _past(plan, children, earlier)
        search = partial(assembly.search_of, plan, list(past.trials.values()))
        if values["dry_run"]:
            print(preview.text(plan, children, search))
            return
        _register(plan.values, Path(folder))
        remembered = history.load(experiment_id, study, plan, earlier)
        parent.write_opening(plan, study, run_id, past, earlier)
        if tree:
            tree.record(run_id)
        if values["study"] != "auto":
            claims.confirm(begun.claim, study, begun.parent)
        reporter = Reporter(plan, study, run_id, values["report"])
        try:
            result = assembly.drive(plan, children, search(), interrupts, remembered, begun.claim, reporter)
            history.settle_leftovers(experiment_id, study)
            parent.write_end(result, children, run_id)
            reporter.stand_by()  # beside the champion, which takes as long on one core
            with outage.survived(study):
                encore = assembly.encore_of(plan, children, interrupts, begun.claim, remembered)
                crowned = champion.crown(plan, result, encore)
            if crowned:
                champion.record(crowned, run_id)
            reporter.finish(hurried=interrupts.noted, final=not interrupts.noted)
        except NoTrialFinished:
            reporter.finish(hurried=False, final=False)
            raise
        finally:
            reporter.end()
    if result.best:
        print(words.summary(result, children, run_id, crowned))
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
    warm.register(folder)
    if values["backend"] == backends.RAY:
        from steps.backends import ray  # which not everybody has

        ray.register(folder, on_ray.need(values), on_ray.warmth(values))


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
    reading, prunes, given = assembly.reading(plan), plan.values["pruner"] != "none", plan.values["warm_start"]
    if given == warm_start.NONE:
        return Past()
    frozen = warm_start.frozen(earlier[0].info.run_id) if earlier else None
    past = warm_start.collect(plan, (lambda run_id: reading(children.steps(run_id))) if prunes else None, frozen)
    print(f"tune: --warm_start {given!r}: {past.text()}", file=sys.stderr)
    return past
