"""From a run id to a verdict: on one run, or on a sample of a study's trials."""

import random
import sys
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps import names
from steps.errors import NotIdentical, WrongValue
from steps.process.signals import Interrupts
from steps.project import environment
from steps.reproduction import facts, repeat, verdict, worktree
from steps.tracking import write

_PAGE = 1000


def reproduce(values: Mapping[str, Any], run_id: str, interrupts: Interrupts) -> str:
    """Repeat what was asked for and return the verdict, which becomes a tag of this run, `run_id`.

    Raises WrongValue for what can't be repeated, NotIdentical where something differs.
    """
    asked = _find(values["run_id"])
    runs = _sample(asked, values) if asked.data.tags.get(names.ROLE) == "study" else [asked]
    print(f"reproduce: in this environment: {environment.summary()}", file=sys.stderr)
    found = verdict.IDENTICAL
    for run in runs:
        with worktree.of(run) as tree:
            repeated = repeat.run(run, tree, interrupts)
        found = verdict.verdict(facts.of(run), facts.of(repeated, now=True), tree.doubt)
        print(f"{run.info.run_name} ({run.info.run_id}): {found}", file=sys.stderr)
        if found != verdict.IDENTICAL:
            if len(runs) > 1:
                found = found.replace("differs: ", f"differs: {run.info.run_name}: ", 1)
            break
    write.record(run_id, tags={names.VERDICT: found, names.REPRODUCES: asked.info.run_id})
    if found != verdict.IDENTICAL:
        raise NotIdentical(found)
    return found


def _find(run_id: str) -> Run:
    where = f"--run_id {run_id!r}:"
    if run_id == "none":
        raise WrongValue(f"{where} must be the id of a finished run, such as the MLflow UI shows; give -P run_id=…")
    try:
        run = MlflowClient().get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise WrongValue(f"{where} there is no such run in {write.where()}") from error
    tags, status = run.data.tags, run.info.status
    # A study that was ended has trials that were not.
    if status != "FINISHED" and tags.get(names.ROLE) != "study":
        raise WrongValue(f"{where} is {status}; must be a run that is FINISHED")
    if MLFLOW_PROJECT_ENTRY_POINT not in tags:
        raise WrongValue(f"{where} is no run of an entry point, made by `mlflow run`, so what made it is not on record")
    if tags[MLFLOW_PROJECT_ENTRY_POINT] == "reproduce":
        other = tags.get(names.REPRODUCES)
        raise WrongValue(f"{where} is a reproduction itself{f'; give {other}, which it repeats' if other else ''}")
    return run


def _sample(study: Run, values: Mapping[str, Any]) -> list[Run]:
    """Draw trials of a study that have finished, in the order of their numbers."""
    name, experiment = study.data.tags[names.STUDY], study.info.experiment_id
    what = f"tags.`{names.STUDY}` = '{name}' AND tags.`{names.ROLE}` = 'trial' AND tags.`{names.STATE}` = 'COMPLETE'"
    found: list[Run] = []
    token: str | None = ""
    while token is not None:
        page = MlflowClient().search_runs([experiment], what, max_results=_PAGE, page_token=token or None)
        found += list(page)
        token = page.token or None
    if not found:
        raise WrongValue(f"--run_id {study.info.run_id!r}: the study {name!r} has no trial that finished")
    found.sort(key=lambda run: int(run.data.tags[names.TRIAL]))
    chosen = random.Random(values["seed"]).sample(range(len(found)), min(values["sample"], len(found)))
    return [found[index] for index in sorted(chosen)]
