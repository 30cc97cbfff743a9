"""What this project's backends have in common: they create a child run as MLflow does; how it executes is their own."""

import os
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlflow.projects.backend import loader
from mlflow.projects.backend.abstract_backend import AbstractBackend
from mlflow.projects.utils import get_run_env_vars  # undocumented, used by MLflow's own backends
from mlflow.utils.file_utils import get_local_path_or_none  # undocumented; how MLflow tells a local path
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_BACKEND

from steps.backends.create_run import ProjectSource, create_run, read_source
from steps.backends.submitted_run import ChildRun
from steps.names import Variable
from steps.project import downloads


@dataclass(frozen=True)
class CreatedRun:
    """A child run that has been created and is to execute a command in `folder`, where the project is.

    `variables` are the environment variables by which MLflow hands the run to the command, and those of its place.
    `output` is the file for what the command writes.
    """

    run_id: str
    command: str
    folder: str
    variables: Mapping[str, str]
    output: Path


# The folders of projects that were fetched, by the URI and version that `mlflow.run` is given.
Folders = Mapping[tuple[str, str | None], Path]
NONE_FETCHED: Folders = MappingProxyType({})


class OwnBackend(AbstractBackend):
    """Creates child runs and executes them; `folder` takes their output. `name` is what `mlflow.run` knows it by.

    A project is read once, when its first run is launched: the launcher has imported its code even earlier, and a
    run should record the code that it executes. Those that have been `fetched` are not fetched again. `variables` are
    added to the environment of each child.
    """

    name: str

    def __init__(
        self, folder: Path, fetched: Folders = NONE_FETCHED, variables: Mapping[str, str] = MappingProxyType({})
    ):
        self._folder = folder
        self._variables = variables
        self._fetched = fetched
        self._sources: dict[tuple[Path, str, str | None], ProjectSource] = {}

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

        The configuration may have `name`, `tags` and `metrics`, which the run is created with, `variables` for the
        environment of the command, a `folder`, with the project in it, for the command instead of the project's, and
        `output`, the path of a file for what the command writes.
        """
        key = (Path.cwd(), project_uri, version)  # a URI may be a relative path
        if key not in self._sources:
            root = self._fetched.get((project_uri, version))
            self._sources[key] = read_source(project_uri, version, entry_point, params, root)
        source = self._sources[key]
        declared = source.project.get_entry_point(entry_point)
        command = declared.compute_command(self._with_files(source.root, declared, params), str(self._folder))
        run_id = create_run(
            source,
            entry_point,
            params,
            experiment_id,
            name=backend_config.get("name"),
            tags={**backend_config.get("tags", {}), MLFLOW_PROJECT_BACKEND: self.name},
            metrics=backend_config.get("metrics", ()),
        )
        variables = {**backend_config.get("variables", {}), **get_run_env_vars(run_id, experiment_id)}
        variables |= self._variables
        folder = backend_config.get("folder")
        if folder is not None:
            variables["PWD"] = str(folder)  # what a shell would say; it looks for no other name of the folder
        output = Path(backend_config.get("output") or self._folder / f"{run_id}.log")
        created = CreatedRun(run_id, command, str(folder or source.root), variables, output)
        return self.execute(created, backend_config)

    def _with_files(self, root: str, declared: Any, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters with a local file for each of type `path`; the run's record keeps what was given.

        Of a URI it is the same copy for all runs: MLflow would download it for each anew, and fail at the second, since
        it makes the same folder again. A relative path that is not here, where MLflow would look, is in the project.
        """
        values = dict(params)
        for name, parameter in declared.parameters.items():
            word = str(params.get(name, parameter.default))
            path = get_local_path_or_none(word) if parameter.type == "path" else ""
            if path is None:
                values[name] = downloads.local_copy(word, Path(os.environ.get(Variable.FILES, self._folder)))
            elif path and not Path(path).exists() and Path(root, path).exists():
                values[name] = str(Path(root, path).resolve())
        return values

    @abstractmethod
    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> ChildRun:
        """Have a run that was created executed; returns at once."""


def register(backend: OwnBackend) -> None:
    """Make a backend known to `mlflow.run` by its name, for the life of this process.

    MLflow's public way is the entry-point group `mlflow.project_backend`. Entry points are read from the metadata of
    installed packages, and this project is none: it runs from its folder. So the backend is entered in the table that
    MLflow looks at before the entry points; MLflow has no function for that. The table holds factories, called for
    each run: this one always gives the same backend, which keeps what it has read.
    """
    backends: dict[str, Any] = loader.MLFLOW_BACKENDS
    backends[backend.name] = lambda: backend
