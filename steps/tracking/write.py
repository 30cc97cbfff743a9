"""Writing to runs of the tracking server: small shorthands for MLflow's tracking API."""

import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Run, RunTag
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service.utils import _get_store

from steps.names import Artifact
from steps.project import environment
from steps.tracking import whole

_BATCH = 1000  # metrics in one request
DIGEST_LENGTH = 8  # as MLflow's own: more pushes the metrics off the UI's table; the whole sha256 is the tag Tag.DATA
_INPUT_TAG_LENGTH = 500
# A name that MLflow has made for a run.
_MLFLOWS_NAME = re.compile(r"[a-z]+-[a-z]+-\d+")


def warm_up(
    run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str], dataset: Mapping[str, Any] | None = None
) -> None:
    """Write to a run as a child does, then close the store's connections: for a process that is going to fork.

    The first write through a SQL store takes 0.3 s (SQLAlchemy maps its classes and compiles its statements), which
    each fork then saves. Nothing is written through an HTTP store: a pooled connection must not cross a fork. An error
    is ignored here: the first child meets it too, and reports it.
    """
    with suppress(Exception):
        engine = _sql_engine()
        if engine is not None:
            record(run_id, [metric(*pair) for pair in metrics.items()], tags)
            if dataset is not None:
                record_data(run_id, dataset)
            engine.dispose()


def forget_connections() -> None:
    """Leave the SQL store's open connections to the parent: for a process that was just forked."""
    engine = _sql_engine()
    if engine is not None:
        engine.dispose(close=False)


def _sql_engine() -> Any:
    """Return SQLAlchemy's engine of the tracking store; None if the store is an HTTP server.

    Private to MLflow, which has nothing public (3.17.2) that closes a store's connections, or tells what kind of store
    it is: an `MlflowClient` opens them, and every later one in the process shares them.
    """
    return getattr(_get_store(), "engine", None)


def record(run_id: str, metrics: Iterable[Metric] = (), tags: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write metrics and tags to a run, in one request for 1,000 metrics; see `whole` for tags that are too long."""
    all_metrics, client = list(metrics), MlflowClient()
    short, artifacts = whole.split_tags(tags)
    whole.keep(run_id, artifacts)
    for start in range(_BATCH, len(all_metrics), _BATCH):
        client.log_batch(run_id, metrics=all_metrics[start : start + _BATCH])
    client.log_batch(run_id, metrics=all_metrics[:_BATCH], tags=[RunTag(*pair) for pair in short.items()])


def record_environment(run_id: str) -> None:
    """Write this process's environment to a run; a tuner does so once, on its own run, for all children."""
    record_other_environment(run_id, environment.description(), (Path(Artifact.CONDA).name, environment.conda_yaml()))


def record_other_environment(run_id: str, description: str, file: tuple[str, str] | None) -> None:
    """Write the environment of another project to a run, with the name and text of the file that it is made of."""
    client = MlflowClient()
    client.log_text(run_id, description, Artifact.ENVIRONMENT)
    if file is not None:
        client.log_text(run_id, file[1], str(Path(Artifact.CONDA).with_name(file[0])))


def record_data(run_id: str, dataset: Mapping[str, Any]) -> None:
    """Write to a run which data it uses, as `mlflow.log_input` does, in one request.

    `dataset` has the fields of MLflow's `Dataset`, but `sha256` in place of the digest, and the `target`. MLflow keeps
    one dataset for each name and digest in an experiment; the target may differ from run to run, so it is a tag of the
    input.
    """
    fields = {key: dataset[key] for key in ("name", "source_type", "source", "schema", "profile")}
    tags = [InputTag("mlflow.data.context", "training"), InputTag("target", dataset["target"][:_INPUT_TAG_LENGTH])]
    entity = DatasetInput(Dataset(digest=dataset["sha256"][:DIGEST_LENGTH], **fields), tags)
    MlflowClient().log_inputs(run_id, [entity])


def rename(run: Run, name: str) -> None:
    """Give a run a name, unless somebody has named it."""
    if _MLFLOWS_NAME.fullmatch(str(run.info.run_name)):
        MlflowClient().update_run(run.info.run_id, name=name)


def metric(name: str, value: float, step: int = 0) -> Metric:
    """Make a metric with the present time, for `record`."""
    return Metric(name, value, int(time.time() * 1000), step)
