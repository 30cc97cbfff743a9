"""The environment that a project declares, as MLflow makes and activates it: the same that its own `mlflow run` has.

MLflow makes an environment at each launch, without a lock: two at once fail, and one that is killed leaves a half
that later ones take for whole. So it is made here once, by `steps.project.build_environment`.
"""

import functools
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# None of this is public: it is what MLflow's local backend is made of (mlflow.projects.backend.local), which makes an
# environment only while it launches a run.
from mlflow.projects import env_type
from mlflow.utils.conda import (
    _get_conda_env_name,
    _list_conda_environments,
    get_conda_bin_executable,
    get_conda_command,
    get_or_create_conda_env,
)
from mlflow.utils.environment import _PythonEnv
from mlflow.utils.process import _exec_cmd
from mlflow.utils.virtualenv import (
    _create_virtualenv,
    _get_mlflow_virtualenv_root,
    _get_virtualenv_activate_cmd,
    _get_virtualenv_name,
)

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.project import environment, yaml_file

CONDA, UV, VIRTUALENV, LOCAL = "conda", "uv", "virtualenv", "local"
_AUTO = "auto"
_CONDA_EXE, _CONDA_HOME = "CONDA_EXE", "MLFLOW_CONDA_HOME"  # where MLflow looks for conda


# A line of pip's that installs a folder in place. What has a scheme is cloned into the environment.
_EDITABLE = re.compile(r"(-e|--editable)[\s=]*+(?!\w+(\+\w+)?://)")


@dataclass(frozen=True)
class DeclaredEnvironment:
    """An environment that `manager` makes of a project's `file`, if it has one; `folder` is the project's."""

    manager: str
    folder: Path
    file: Path | None
    is_conda_file: bool

    @property
    def name(self) -> str:
        """Return the name that MLflow gives it: a digest of what is declared."""
        if self.manager == CONDA:
            return str(_get_conda_env_name(self.file))
        return str(_get_virtualenv_name(self._python_env(), self.folder))

    @property
    def text(self) -> str:
        """Describe it in a few words for a person."""
        return f"{self.file.name if self.file else 'none declared'}, made by {self.manager}"

    @property
    def editable(self) -> list[str]:
        """List the lines that install a folder of the project as it lies there: `-e .`, say."""
        if self.file is None:
            return []
        if self.is_conda_file:
            lines = environment.of_pip(yaml_file.load(self.file))
        else:
            lines = self._python_env().dependencies or []
        every = environment.with_files(map(str, lines), self.file.parent)
        return [line for line in every if _EDITABLE.match(line)]

    @property
    def activation(self) -> list[str]:
        """Return the commands of bash that activate it."""
        if self.manager == CONDA:
            return list(get_conda_command(self.name))
        return [_get_virtualenv_activate_cmd(self._place())]

    @property
    def lock(self) -> Path:
        """Return the file that is locked while it is made."""
        return _root() / f"{self.name}.lock"

    @property
    def unfinished(self) -> Path:
        """Return the file that is there while it is made; if nobody makes it, it was left half."""
        return _root() / f"{self.name}.unfinished"

    def exists(self) -> bool:
        """Tell whether it is there, or a part of it."""
        if self.manager == CONDA:
            return self.name in _list_conda_environments()
        return self._place().exists()

    def is_ready(self) -> bool:
        """Tell whether it is there, and whole."""
        return not self.unfinished.exists() and self.exists()

    def make(self) -> None:
        """Make it; what installers say goes to stdout and stderr."""
        if self.manager == CONDA:
            get_or_create_conda_env(self.file)
        else:
            _create_virtualenv(self.folder, self._python_env(), self._place(), env_manager=self.manager)  # type: ignore[arg-type]

    def remove(self) -> None:
        """Remove it, or what there is of it."""
        if self.manager == CONDA:
            _exec_cmd([get_conda_bin_executable("conda"), "remove", "--yes", "--name", self.name, "--all"])
        else:
            shutil.rmtree(self._place())  # what can't be removed must not be taken for an environment

    def _place(self) -> Path:
        return _root() / self.name

    def _python_env(self) -> Any:
        return _read(self.file, self.is_conda_file)


@functools.cache  # MLflow warns at each reading of what only conda could install
def _read(file: Path | None, is_conda_file: bool) -> Any:
    if file is None:
        return _PythonEnv()
    return (_PythonEnv.from_conda_yaml if is_conda_file else _PythonEnv.from_yaml)(file)


def declared(project: Any, folder: Path, manager: str) -> DeclaredEnvironment | None:
    """Return the environment of a project as MLflow has read it; None if that is the one in which this process runs.

    Raises WrongValue if the manager is not installed, or the file can't be read.
    """
    file = Path(project.env_config_path) if project.env_config_path else None
    is_conda_file = project.env_type == env_type.CONDA
    chosen = _choose(manager, file, is_conda_file)
    if chosen == LOCAL:
        return None
    problem = _missing(chosen)
    if chosen == CONDA and not is_conda_file and file is not None:
        problem = f"the project declares a python_env ({file.name}), which conda can't make; must be uv or virtualenv"
    if problem:
        raise WrongValue(f"{option('env_manager', manager)}: {problem}, or local, the environment in which tune runs")
    if chosen == CONDA and not {_CONDA_EXE, _CONDA_HOME} & os.environ.keys():
        # Found on PATH, MLflow says `source activate`, and a virtual environment that comes first has such a file too.
        os.environ[_CONDA_EXE] = str(shutil.which("conda", path=search_path()))
    environment = DeclaredEnvironment(chosen, folder, file, is_conda_file)
    try:
        if file is not None:
            yaml_file.load(file)  # MLflow reads it without bounds
        environment.name  # noqa: B018 # reads the file
        environment.editable  # noqa: B018 # so does this
    except Exception as error:  # whatever YAML can hold
        shown = file.name if file else "file"
        raise WrongValue(
            f"{option('env_manager', manager)}: {shown} can't be read: {' '.join(str(error).split())}"
        ) from error
    return environment


def search_path() -> str:
    """Return PATH, with the folder of this interpreter's own programs, such as uv, at its end."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])


def _choose(manager: str, file: Path | None, is_conda_file: bool) -> str:
    if manager != _AUTO:
        return manager
    if file is None:
        return LOCAL
    if is_conda_file and not _missing(CONDA):
        return CONDA
    return UV if not _missing(UV) else VIRTUALENV


def _missing(manager: str) -> str:
    """Say what a manager needs and is not there; empty if nothing is missing."""
    program = {CONDA: get_conda_bin_executable("conda"), UV: "uv", VIRTUALENV: "pyenv"}[manager]
    if shutil.which(program, path=search_path()):
        return ""
    others = " or ".join(name for name in (UV, VIRTUALENV, CONDA) if name != manager)
    return f"{program} is not installed; must be {others}"


def _root() -> Path:
    """Return the folder where MLflow keeps its virtual environments."""
    root = Path(_get_mlflow_virtualenv_root())
    root.mkdir(parents=True, exist_ok=True)
    return root
