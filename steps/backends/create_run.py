"""A child run is created with all that is known of it, in two requests to the tracking server.

MLflow creates it bare and writes its name and each tag by requests of their own: half of what a launch costs. And a run
that says from its first moment whose it is can be told apart however early its tuner was killed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from mlflow import projects, tracking
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.projects import utils
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_BACKEND

from steps.backends import OURS


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


class _Knowing(MlflowClient):
    """The client through which MLflow's project code says, in a request of its own, what backend a run is of."""

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        if key != MLFLOW_PROJECT_BACKEND or value not in OURS:  # which are born with it
            return super().set_tag(run_id, key, value, synchronous)
        return None


def with_backend() -> None:
    """Spare the runs of this project's backends that request, for the life of this process."""
    vars(projects)["tracking"] = SimpleNamespace(**{**vars(tracking), "MlflowClient": _Knowing})
