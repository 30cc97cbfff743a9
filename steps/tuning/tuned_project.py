"""The MLflow project whose entry point a study tunes: this one, or any other, from a folder or a Git URL."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
from mlflow.projects.utils import load_project  # not documented; how `mlflow.run` itself reads MLproject
from mlflow.utils.mlflow_tags import MLFLOW_SOURCE_NAME

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.project import content, docker_engine, fetch, location, mlproject, secrets
from steps.project.declared_environment import LOCAL, DeclaredEnvironment, declared
from steps.project.environment import PROJECT
from steps.tracking import sqlite_uri


@dataclass(frozen=True)
class TunedProject:
    """A project; its MLproject is in `folder`.

    `uri` and `version`, a full commit, are what `mlflow.run` is given. `identity` is what makes it the project that it
    is: URL and commit, or a digest of the folder's files; empty for this project.
    """

    uri: str
    folder: Path
    version: str | None = None
    identity: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether it is this project."""
        return not self.identity

    @property
    def is_fetched(self) -> bool:
        """Tell whether `folder` is a copy of the study's own."""
        return self.version is not None or not Path(self.uri).is_dir()

    def source(self, *, again: bool) -> tuple[str, str | None]:
        """Return the URI and the version for `mlflow.run`; the copy's unless it may be asked for `again` and again."""
        return (self.uri, self.version) if again or not self.is_fetched else (str(self.folder), None)

    @property
    def source_tags(self) -> dict[str, str]:
        """Return what MLflow would record of the source, where it was given a copy."""
        return {MLFLOW_SOURCE_NAME: self.uri} if self.is_fetched else {}

    @property
    def words(self) -> list[str]:
        """Return what stands for it in an `mlflow run` command."""
        if self.is_own:
            return ["."]
        return [self.shown, *(["-v", self.version] if self.version else [])]

    @property
    def shown(self) -> str:
        """Return what names it in messages and on record."""
        return secrets.hidden(self.uri)

    def read(self) -> Any:
        """Have MLflow read MLproject, with its environment. Raises WrongValue if it can't."""
        try:
            return load_project(str(self.folder))
        except Exception as error:  # whatever YAML can hold, and a file that is not there
            raise WrongValue(self._unreadable(error)) from error

    def commands(self) -> Mapping[str, str]:
        """Return the command of each entry point by its name. Raises WrongValue if MLproject can't be read."""
        try:
            return mlproject.commands(self.folder)
        except FileNotFoundError:
            return {}
        except Exception as error:  # whatever YAML can hold
            raise WrongValue(self._unreadable(error)) from error

    def parameters(self, entry_point: str) -> Mapping[str, Any]:
        """Return what an entry point declares, as MLflow has read it, by name. Raises WrongValue if it can't."""
        try:
            declared = self.read().get_entry_point(entry_point).parameters
        except WrongValue:
            raise
        except Exception as error:  # of a name that is a number to YAML, and whatever else that can hold
            raise WrongValue(self._unreadable(error)) from error
        if other := [name for name in declared if not isinstance(name, str)]:
            raise WrongValue(self._unreadable(ValueError(f"the name {other[0]!r} of a parameter must be text")))
        return dict(declared)

    @property
    def file(self) -> str:
        """Return what names its MLproject in messages."""
        return "MLproject" if self.is_own else f"the MLproject of {self.shown}"

    def training(self) -> str:
        """Return the name of the entry point that trains. Raises WrongValue if that can't be told.

        It is this project's `train`; another project's `main`, else the only one that is no tuner.
        """
        if self.is_own:
            return "train"
        commands = self.commands()
        if not commands:
            raise WrongValue(
                f"{option('project', self.shown)}: has no MLproject that declares an entry point; name another folder "
                f"(#subfolder), or a .py or .sh file in it as {option('entry_point')}"
            )
        chosen = mlproject.training(commands)
        if chosen is None:
            raise WrongValue(
                f"{option('entry_point', 'auto')}: {self.file} has no main; must be one of {', '.join(commands)}"
            )
        return chosen

    def backend(self, name: str) -> str:
        """Return the backend for its runs: a docker_env is run by MLflow's local one, not by the warm one.

        Raises WrongValue if docker can't be used.
        """
        if self.is_own or name not in ("warm", "local") or not self.read().docker_env:
            return name
        if problem := docker_engine.problem():
            raise WrongValue(f"{option('project', self.shown)}: runs in a docker image (docker_env), and {problem}")
        return "local"

    def environment(self, manager: str) -> DeclaredEnvironment | None:
        """Return the environment of its runs; None for this process's own. Raises WrongValue if it can't be had."""
        if not self.is_own:
            environment = declared(self.read(), self.folder, manager)
            if environment is not None and self.is_fetched and (editable := environment.editable):
                raise WrongValue(
                    f"{option('project', self.shown)}: its environment installs a folder of the project in place "
                    f"({', '.join(editable)}), which is gone with the study's clone: clone it yourself and give that "
                    "folder, or have it installed without -e"
                )
            return environment
        if manager in ("auto", LOCAL):
            return None
        raise WrongValue(
            f"{option('env_manager', manager)}: is for another {option('project')}; this one's trials run in the "
            "environment in which tune runs, which is `mlflow run`'s --env-manager"
        )

    def _unreadable(self, error: Exception) -> str:
        return f"{option('project', self.shown)}: its MLproject can't be read: {' '.join(str(error).split())}"


def this_project() -> TunedProject:
    """Return the project that this file is of."""
    return TunedProject(os.path.relpath(PROJECT), PROJECT)


def find(settings: TuneSettings, files: Path) -> TunedProject:
    """Find a study's project; one that is not read where it lies is fetched into a folder below `files`.

    Raises WrongValue if it is not there.
    """
    if location.is_this_project(settings.project, settings.version):
        return this_project()
    found = location.locate(settings.project)
    if found.folder is not None and settings.version is None:
        database = sqlite_uri.path(mlflow.get_tracking_uri())
        return TunedProject(str(found), found.folder, identity=f"files {content.digest(found.folder, database)}")
    fetched = fetch.fetch(found, settings.version, files)
    if fetched.commit is None:  # a zip file
        return TunedProject(str(found), fetched.folder, identity=f"files {content.digest(fetched.folder)}")
    where = fetched.inside if found.folder else secrets.hidden(str(found))
    identity = f"{where} at commit {fetched.commit}" if where else f"commit {fetched.commit}"
    return TunedProject(str(found), fetched.folder, fetched.commit, identity)


def resolved(settings: TuneSettings, project: TunedProject) -> TuneSettings:
    """Return settings that name the project as it was found: a resumed study takes that from its record."""
    if project.is_own:
        return replace(settings, project=location.THIS, version=None)
    return replace(settings, project=project.uri, version=project.version)
