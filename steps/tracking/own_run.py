"""A step's own MLflow run: the one that `mlflow run` has made for it, or a new one."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service.utils import _get_store

from steps.errors import Interrupted, StepError
from steps.names import Variable
from steps.patches import mlflow as mlflow_patches
from steps.process import orphans
from steps.tracking.server_errors import check_uri, explain, no_mlflow

# How long `mlflow run` may take to end behind a step that was interrupted.
_LAST_WORD_S = 30.0
_POLL_S = 0.25


@contextmanager
def own_run(parameters: Mapping[str, str], *, active: bool = True) -> Iterator[str]:
    """Give the id of the step's run: the one that `mlflow run` made, or a new one where the step is started by hand.

    A new one gets the parameters; else `mlflow run` has logged them. `active` makes it MLflow's active run, for the
    fluent API, which costs 20 ms; without, whoever launched the run also ends it.
    What MLflow raises of its server, its database or the disk is one sentence then: see `steps.tracking.server_errors`.
    """
    made = os.environ.get(Variable.RUN_ID)
    logging.getLogger("mlflow.store.db.utils").addFilter(_is_news)
    mlflow_patches.resend_broken_answers()
    check_uri()
    try:
        if made and not active:
            yield made
        else:
            with mlflow.start_run() as run, _killed_if_interrupted(bool(made)):
                if not run.info.run_id:
                    raise no_mlflow()
                if not made:
                    mlflow.log_params(dict(parameters))
                yield run.info.run_id
    except StepError:
        raise
    except Exception as error:
        if (told := explain(error, made)) is not None:
            raise told from error
        raise


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what MLflow logs of an error beside raising it."""
    return not record.getMessage().startswith("SQLAlchemy database error")


@contextmanager
def _killed_if_interrupted(launched: bool) -> Iterator[None]:
    try:
        yield
    except Interrupted:
        run = mlflow.active_run()
        with suppress(MlflowException):  # no server: the next start of the study writes it
            mlflow.end_run("KILLED")  # else MLflow writes FAILED
        if run is not None and launched:
            _have_the_last_word(run.info.run_id)
        raise


def _have_the_last_word(run_id: str) -> None:
    """Write KILLED again, in a process of its own, once `mlflow run` has written FAILED over it, or has ended."""
    above = orphans.launchers(run_id)
    if not above or os.fork() != 0:
        return
    try:
        os.setsid()
        for descriptor in (0, 1, 2):  # whoever reads the step's output need not wait
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        engine = getattr(_get_store(), "engine", None)
        if engine is not None:
            engine.dispose(close=False)  # its connections are the parent's
        client, deadline = MlflowClient(), time.monotonic() + _LAST_WORD_S
        while orphans.any_alive(above) and time.monotonic() < deadline:
            if client.get_run(run_id).info.status != "KILLED":
                break
            time.sleep(_POLL_S)
        client.set_terminated(run_id, "KILLED")
    finally:
        os._exit(0)
