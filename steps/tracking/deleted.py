"""Runs and experiments that somebody deletes while a step writes to them, as everybody can in MLflow's UI."""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.errors import StepError
from steps.names import Role, Tag
from steps.parameters.option import option
from steps.tracking.server_errors import causes, where

# What MLflow answers when something is written to a run that is in its trash, or, by `mlflow gc`, gone for good.
_IN_TRASH = re.compile(
    r"The run (\w+) must be in the 'active' state|Cannot start run with ID (\w+) because it is in the deleted state"
    r"|The experiment \d+ must be in the 'active' state"
)
_GONE = re.compile(r"Run with id=(\w+) not found")


def is_deleted(error: BaseException, run_id: str) -> bool:
    """Tell whether an error means that a run has been deleted."""
    return run_id in _named(_text(error))


def is_of_child(error: BaseException) -> bool:
    """Tell whether an error means that the run of a study's child has been deleted, and is still in the trash."""
    return any(_role(run_id) != Role.STUDY for run_id in filter(None, _named(_text(error))))


def _role(run_id: str) -> str:
    with suppress(MlflowException):
        return str(MlflowClient().get_run(run_id).data.tags.get(Tag.ROLE, ""))
    return Role.STUDY  # it is gone for good, and so may the study's be


@contextmanager
def ignored(run_id: str) -> Iterator[None]:
    """Write to a run what nobody needs if the run has been deleted."""
    try:
        yield
    except MlflowException as error:
        if not is_deleted(error, run_id):
            raise


def explain(error: BaseException, own_run: str, *, was_there: bool) -> StepError | None:
    """Translate an error that means that a step's run, its experiment or another run was deleted; else return None.

    `was_there` says that the step has found its own run before.
    """
    text = _text(error)
    if not _IN_TRASH.search(text) and not (was_there and _GONE.search(text)):
        return None
    sentences = (_sentence(run_id) for run_id in (own_run, *_named(text)))
    return next((StepError(sentence) for sentence in sentences if sentence), None)


def _sentence(run_id: str) -> str:
    """Say that a run, or its experiment, has been deleted, and how that is undone; nothing if neither has."""
    client = MlflowClient()
    try:
        run = client.get_run(run_id)
        experiment = client.get_experiment(run.info.experiment_id)
    except MlflowException as error:
        if not is_deleted(error, run_id):
            return ""
        return f"run {run_id} was deleted meanwhile, and is gone from {where()} for good: start again"
    deleted = LifecycleStage.DELETED
    if experiment.lifecycle_stage == deleted:
        what = f"the experiment {experiment.name!r}"
        restore = f"mlflow experiments restore --experiment-id {shlex.quote(experiment.experiment_id)}"
    elif run.info.lifecycle_stage == deleted:
        what = f"run {run_id} ({run.info.run_name})"
        restore = f"mlflow runs restore --run-id {run_id}"
    else:
        return ""
    study = run.data.tags.get(Tag.STUDY)
    then = "start again" if study is None else f"the same command with {option('study', study)} goes on"
    return f"{what} in {where()} was deleted meanwhile: restore it by `{restore}`, then {then}"


def _named(text: str) -> list[str]:
    """Return the ids of the runs that are deleted by a message of MLflow's."""
    return [run_id for pattern in (_IN_TRASH, _GONE) for match in pattern.finditer(text) for run_id in match.groups("")]


def _text(error: BaseException) -> str:
    return "\n".join(str(cause) for cause in causes(error))
