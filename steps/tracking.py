"""A step's own MLflow run: the one that `mlflow run` made, or a new one where the step was started by hand."""

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import mlflow
from mlflow.entities import Metric, RunTag

from steps.errors import Interrupted, WrongValue
from steps.values import encode

RUN_ID = "MLFLOW_RUN_ID"
_TAG_LENGTH = 7_900  # MLflow takes 8,000 characters
_OTHER_SCHEMA = ("out-of-date database schema", "Can't locate revision")


@contextmanager
def open_run(parameters: Mapping[str, object]) -> Iterator[mlflow.ActiveRun]:
    """Enter the step's run; its parameters are logged only where `mlflow run` has not done so.

    Raises WrongValue where the tracking database has the schema of another MLflow.
    """
    by_hand = RUN_ID not in os.environ
    with _opened() as run:
        if by_hand:
            mlflow.log_params({k: v if isinstance(v, str) else encode(v) for k, v in parameters.items()})
        try:
            yield run
        except Interrupted:
            mlflow.end_run("KILLED")  # else MLflow writes FAILED
            raise


def _opened() -> mlflow.ActiveRun:
    try:
        return mlflow.start_run()
    except Exception as error:  # alembic's own errors come through here, whatever MLflow wraps them in
        if not any(sign in str(error) for sign in _OTHER_SCHEMA):
            raise
        raise WrongValue(
            f"the tracking database {mlflow.get_tracking_uri()} has the schema of another MLflow than "
            f"{mlflow.__version__}: start this project with `mlflow=={mlflow.__version__}` (scripts/run does), "
            f"and upgrade an older database with `mlflow db upgrade {mlflow.get_tracking_uri()}`"
        ) from error


def warm_up(run_id: str) -> None:
    """Use the tracking store once and close its connections: for a process that is going to fork.

    A SQL store costs 0.3 s at its first use (SQLAlchemy maps its classes). An HTTP store is left alone: a pooled
    connection must not cross a fork.
    """
    from mlflow.tracking._tracking_service.utils import _get_store

    engine = getattr(_get_store(), "engine", None)
    if engine is not None:
        mlflow.get_run(run_id)
        engine.dispose()


def metric(name: str, value: float, step: int = 0) -> Metric:
    """Make a metric of this moment, for `MlflowClient.log_batch`: one request for many."""
    return Metric(name, value, int(time.time() * 1000), step)


def tags(values: Mapping[str, str]) -> list[RunTag]:
    """Make tags for `MlflowClient.log_batch`; of a value that is too long for MLflow, the end is kept."""
    return [RunTag(key, value[-_TAG_LENGTH:]) for key, value in values.items()]


def link(run: mlflow.entities.Run) -> str:
    """Say where a person finds a run: its page on a tracking server, else the command that opens the store."""
    uri = mlflow.get_tracking_uri()
    if uri.startswith(("http://", "https://")):
        return f"{uri.rstrip('/')}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    return f"mlflow ui --backend-store-uri {shlex.quote(uri)}    # run {run.info.run_name} ({run.info.run_id})"
