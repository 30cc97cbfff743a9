"""A step's own MLflow run: the one that `mlflow run` has made for it, or a new one."""

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import mlflow
from mlflow.environment_variables import MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.errors import Interrupted, StepError, WrongValue
from steps.names import Variable
from steps.patches import mlflow as mlflow_patches
from steps.process import orphans
from steps.tracking import deleted, first_use, mlflow_variables, sqlite_uri, whole, write
from steps.tracking.server_errors import check_uri, explain, no_mlflow

# How long `mlflow run` may take to overwrite the status of a step that was interrupted; as a rule it takes 0.3 s.
_WAIT_S = 10.0
_POLL_S = 0.1


@contextmanager
def own_run(parameters: Mapping[str, str], *, active: bool = True, monitored: bool = False) -> Iterator[str]:
    """Yield the id of the step's run: the one that `mlflow run` made, or a new one if the step is started by hand.

    The parameters are logged to a new one; to the other, `mlflow run` has logged them. `active` makes it MLflow's
    active run, for the fluent API, which takes 20 ms, and ends it; any other is ended by the process that launched it.
    One that may be `monitored` is active too if MLflow is to log the machine's load (MLFLOW_ENABLE_SYSTEM_METRICS_…).
    Errors of the server, its database or the disk are translated: see `steps.tracking.server_errors`.
    """
    made = run_id = os.environ.get(Variable.RUN_ID)
    found = False
    logging.getLogger("mlflow.store.db.utils").addFilter(_is_not_raised_too)
    mlflow_patches.resend_broken_answers()
    check_uri()
    mlflow_variables.check()
    monitored = monitored and bool(MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING.get())
    try:
        if made and not (active or monitored):
            yield made
        else:
            _open_store()
            with mlflow.start_run(log_system_metrics=monitored) as run, _killed_if_interrupted(made):
                if not run.info.run_id:
                    raise no_mlflow()
                run_id, found = run.info.run_id, True
                if made:
                    whole.keep_parameters(run_id, parameters)
                else:
                    short, artifacts = whole.split_parameters(parameters)
                    mlflow.log_params(short)
                    whole.keep(run_id, artifacts)
                yield run_id
    except WrongValue as error:
        error.run_id = run_id
        raise
    except StepError:
        raise
    except Exception as error:
        explained = deleted.explain(error, run_id, was_there=found) if run_id else None
        if (explained := explained or explain(error, made)) is not None:
            raise explained from error
        raise


def _open_store() -> None:
    """Open the tracking store; on a fresh database of this machine, after whoever makes its tables."""
    database = sqlite_uri.path(mlflow.get_tracking_uri())
    if database is not None and not first_use.is_settled(database):
        with first_use.one_at_a_time(database):
            MlflowClient()


def _is_not_raised_too(record: logging.LogRecord) -> bool:
    """Drop the log lines of errors that MLflow also raises."""
    return not record.getMessage().startswith("SQLAlchemy database error")


@contextmanager
def _killed_if_interrupted(launched_as: str | None) -> Iterator[None]:
    """Write KILLED if a signal ends the step; `launched_as` is the id of the run that `mlflow run` made for it."""
    launchers = orphans.launchers(launched_as) if launched_as else []
    try:
        yield
    except Interrupted:
        with suppress(MlflowException):  # no server: the next start of the study writes it
            mlflow.end_run("KILLED")
        if launched_as and launchers:
            _fork_to_keep_killed(launched_as, launchers)
        raise


def _fork_to_keep_killed(run_id: str, launchers: Sequence[int]) -> None:
    """Have KILLED written again by a process that outlives this one.

    `mlflow run` writes FAILED when the step has ended. It means to spare a run whose status is a final one, but MLflow
    (3.17.2, `_maybe_set_run_terminated`) compares the status, a text, with numbers, so no status is final. This is a
    fork, since an interpreter of its own would import MLflow first: seconds in which the run is FAILED.
    """
    if os.fork() != 0:
        return
    try:
        os.setsid()
        for descriptor in (0, 1, 2):  # whoever reads the step's output need not wait
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        write.forget_connections()
        keep_killed(run_id, launchers)
    finally:
        os._exit(0)


def keep_killed(run_id: str, launchers: Sequence[int]) -> None:
    """Write KILLED again as soon as `mlflow run` has overwritten it; return when it has, or has ended.

    `launchers` are the processes above the step when it started; `mlflow run` is the last of them.
    """
    client, deadline = MlflowClient(), time.monotonic() + _WAIT_S
    while True:
        may_still_write = orphans.is_alive(launchers[-1]) and time.monotonic() < deadline
        if client.get_run(run_id).info.status != "KILLED":
            client.set_terminated(run_id, "KILLED")
            return
        if not may_still_write:
            return
        time.sleep(_POLL_S)
