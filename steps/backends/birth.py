"""A child run is created with all that is known of it, in two requests to the tracking server.

MLflow creates it bare and writes its name and each tag by requests of their own: half of what a launch costs. And a run
that says from its first moment whose it is can be told apart however early its tuner was killed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from mlflow import tracking
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.projects import utils
from mlflow.tracking import MlflowClient


class _Client(MlflowClient):
    """The client through which MLflow's project code creates a run: it adds what the run is born with."""

    def __init__(self, name: str | None, tags: Mapping[str, str], metrics: Sequence[Metric]):
        super().__init__()
        self._name, self._tags, self._metrics = name, tags, metrics

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: dict[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        return super().create_run(experiment_id, start_time, {**(tags or {}), **self._tags}, self._name or run_name)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> Any:
        return super().log_batch(run_id, [*metrics, *self._metrics], params, tags, synchronous)


@contextmanager
def born_with(name: str | None, tags: Mapping[str, str], metrics: Sequence[Metric]) -> Iterator[None]:
    """Let the run that `get_or_create_run` creates inside have this name, these tags and metrics from the start."""
    client = _Client(name, tags, metrics)
    standing = vars(utils)["tracking"]
    seen = SimpleNamespace(MlflowClient=lambda: client, _tracking_service=tracking._tracking_service)
    vars(utils)["tracking"] = seen
    try:
        yield
    finally:
        vars(utils)["tracking"] = standing
