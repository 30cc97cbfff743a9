"""A child run is created with all that is known of it, in two requests to the tracking server.

MLflow creates it bare and writes its name and each tag by requests of their own: half of what a launch costs. And a run
that says from its first moment whose it is can be told apart however early its tuner was killed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mlflow import tracking
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.projects import utils
from mlflow.projects.utils import fetch_and_validate_project, get_or_create_run, load_project
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


def create(
    project_uri: str,
    entry_point: str,
    params: Mapping[str, str],
    version: str | None,
    backend_config: Mapping[str, Any],
    experiment_id: str,
    folder: Path,
) -> tuple[str, str, str]:
    """Create a child run as MLflow does; return its id, its entry point's command, and the project's folder.

    The configuration may have `name`, `tags` and `metrics`, which it is created with; files that the command is to find
    go to `folder`.
    """
    root = fetch_and_validate_project(project_uri, version, entry_point, params)
    command = load_project(root).get_entry_point(entry_point).compute_command(params, str(folder))
    born = (backend_config.get("name"), backend_config.get("tags", {}), backend_config.get("metrics", ()))
    with born_with(*born):
        run = get_or_create_run(None, project_uri, experiment_id, root, version, entry_point, params)
    return run.info.run_id, command, root
