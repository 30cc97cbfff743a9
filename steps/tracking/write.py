"""A step's own MLflow run, and small shorthands for MLflow's tracking API."""

import logging
import math
import os
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service.utils import _get_store
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps import names
from steps.errors import Interrupted, StepError
from steps.parameters.values import encode
from steps.patches import mlflow as mlflow_patches
from steps.process import orphans
from steps.project import environment
from steps.tracking.server_errors import RUN_ID as RUN_ID
from steps.tracking.server_errors import check_uri, no_mlflow
from steps.tracking.server_errors import explain as explain
from steps.tracking.server_errors import where as where

TAG_LENGTH = 7_900  # MLflow takes 8,000 characters
_BATCH = 1000  # metrics in a request
DIGEST_LENGTH = 36  # more it does not take; a sha256 is of 64, and is kept whole in the tag names.DATA
_INPUT_TAG_LENGTH = 500
# How long `mlflow run` may take to end behind a step that was interrupted.
_LAST_WORD_S = 30.0
_POLL_S = 0.25


@contextmanager
def own_run(parameters: Mapping[str, object], *, active: bool = True) -> Iterator[str]:
    """Give the id of the step's run: the one that `mlflow run` made, or a new one where the step is started by hand.

    A new one gets the parameters; else `mlflow run` has logged them. `active` makes it MLflow's active run, for the
    fluent API, which costs 20 ms; without, whoever launched the run also ends it.
    What MLflow raises of its server, its database or the disk is one sentence then: see `steps.tracking.server_errors`.
    """
    made = os.environ.get(RUN_ID)
    logging.getLogger("mlflow.store.db.utils").addFilter(_is_news)
    mlflow_patches.what_breaks_off()
    check_uri()
    try:
        if made and not active:
            yield made
        else:
            with mlflow.start_run() as run, _killed_if_interrupted(bool(made)):
                if not run.info.run_id:
                    raise no_mlflow()
                if not made:
                    mlflow.log_params({key: encode(value) for key, value in parameters.items()})
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


def warm_up(
    run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str], dataset: Mapping[str, Any] | None = None
) -> None:
    """Write to a run as a child does, then close the store's connections: for a process that is going to fork.

    The first write through a SQL store costs 0.3 s (SQLAlchemy maps its classes and compiles its statements), which the
    forks then save. An HTTP store is left alone: a pooled connection must not cross a fork. An error here is left to
    whoever meets it again and can say so.
    """
    with suppress(Exception):
        engine = getattr(_get_store(), "engine", None)
        if engine is not None:
            record(run_id, [metric(*pair) for pair in metrics.items()], tags)
            if dataset is not None:
                record_data(run_id, dataset)
            engine.dispose()


def record(run_id: str, metrics: Iterable[Metric] = (), tags: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write metrics and tags to a run, in one request; of a tag that is too long for MLflow, the end is kept."""
    written, client = list(metrics), MlflowClient()
    for start in range(_BATCH, len(written), _BATCH):
        client.log_batch(run_id, metrics=written[start : start + _BATCH])
    client.log_batch(
        run_id, metrics=written[:_BATCH], tags=[RunTag(key, value[-TAG_LENGTH:]) for key, value in tags.items()]
    )


def record_environment(run_id: str) -> None:
    """Write to a run the environment that it is in; a tuner does it once for all of its children."""
    client = MlflowClient()
    client.log_text(run_id, environment.description(), names.ENVIRONMENT_FILE)
    client.log_text(run_id, environment.conda_yaml(), names.CONDA_FILE)


def record_data(run_id: str, dataset: Mapping[str, Any]) -> None:
    """Write to a run what data it works on, as `mlflow.log_input` does, in one request.

    `dataset` has the fields of MLflow's entity, but `sha256` in place of its digest, and the `target`. MLflow keeps one
    dataset for each name and digest in an experiment, so what differs from run to run, the target, is the input's.
    """
    fields = {key: dataset[key] for key in ("name", "source_type", "source", "schema", "profile")}
    tags = [InputTag("mlflow.data.context", "training"), InputTag("target", dataset["target"][:_INPUT_TAG_LENGTH])]
    entity = DatasetInput(Dataset(digest=dataset["sha256"][:DIGEST_LENGTH], **fields), tags)
    MlflowClient().log_inputs(run_id, [entity])


def parameters_of(run: Run) -> dict[str, str]:
    """Return a run's parameters as they were given: of a project's run, MLflow records them quoted for a shell.

    What the run has logged itself stands beside them as it is.
    """
    quoted = MLFLOW_PROJECT_ENTRY_POINT in run.data.tags
    return {name: _unquoted(word) if quoted else word for name, word in run.data.params.items()}


def _unquoted(word: str) -> str:
    """Undo `shlex.quote`; return what is no result of it as it is."""
    try:
        (given,) = shlex.split(word)
    except ValueError:  # an open quote, or several words
        return word
    return given if shlex.quote(given) == word else word


def is_finite(value: float) -> bool:
    """Tell whether a metric that was read is a finite number: a SQL store keeps infinity as the largest float."""
    return math.isfinite(value) and abs(value) < sys.float_info.max


def metric(name: str, value: float, step: int = 0) -> Metric:
    """Make a metric of this moment, for `record`."""
    return Metric(name, value, int(time.time() * 1000), step)


def link(run_id: str) -> str:
    """Say where a person finds a run: its page on a tracking server, else the command that opens the store."""
    uri, run = where(), MlflowClient().get_run(run_id)
    if uri.startswith(("http://", "https://")):
        return f"{uri.rstrip('/')}/#/experiments/{run.info.experiment_id}/runs/{run_id}"
    return f"mlflow ui --backend-store-uri {shlex.quote(uri)}    # run {run.info.run_name} ({run_id})"
