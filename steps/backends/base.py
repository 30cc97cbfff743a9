"""What this project's backends have in common: they create a child run as MLflow does, then each executes it."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.projects.backend import loader
from mlflow.projects.backend.abstract_backend import AbstractBackend
from mlflow.projects.utils import fetch_and_validate_project, get_or_create_run, get_run_env_vars, load_project
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_BACKEND

from steps.backends import create_run
from steps.backends.submitted_run import ChildRun


@dataclass(frozen=True)
class CreatedRun:
    """A child run that has been created: its entry point's command, the project's folder, what MLflow tells it.

    `output` is the file that is to get what it writes.
    """

    run_id: str
    command: str
    root: str
    variables: Mapping[str, str]
    output: Path


class OwnBackend(AbstractBackend):
    """Creates child runs as MLflow does; `folder` takes their output. `name` is what `mlflow.run` knows it by."""

    name: str

    def __init__(self, folder: Path):
        self._folder = folder

    def run(
        self,
        project_uri: str,
        entry_point: str,
        params: Mapping[str, str],
        version: str | None,
        backend_config: Mapping[str, Any],
        tracking_uri: str,
        experiment_id: str,
    ) -> ChildRun:
        """Create the child run and have it executed; returns at once.

        The configuration may have `name`, `tags` and `metrics`, which the run is created with.
        """
        root = fetch_and_validate_project(project_uri, version, entry_point, params)
        command = load_project(root).get_entry_point(entry_point).compute_command(params, str(self._folder))
        tags = {**backend_config.get("tags", {}), MLFLOW_PROJECT_BACKEND: self.name}
        with create_run.born_with(backend_config.get("name"), tags, backend_config.get("metrics", ())):
            run_id = get_or_create_run(None, project_uri, experiment_id, root, version, entry_point, params).info.run_id
        variables = get_run_env_vars(run_id, experiment_id)
        return self.execute(
            CreatedRun(run_id, command, root, variables, self._folder / f"{run_id}.log"), backend_config
        )

    @abstractmethod
    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> ChildRun:
        """Have a run that was created executed; returns at once."""


def register(name: str, make: Callable[[], OwnBackend]) -> None:
    """Make a backend known to `mlflow.run` by its name, for the life of this process."""
    known: dict[str, Any] = loader.MLFLOW_BACKENDS
    known[name] = make
    create_run.with_backend()
