"""Where a project is, as a person types it: a folder, or what it is fetched from, each with or without `#subfolder`."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.project import paths, script_files
from steps.project.environment import PROJECT

# `scheme://…`, and git's own short form of ssh://, `user@host:path`.
_ELSEWHERE = re.compile(r"(?!file://)[a-z][a-z0-9+.-]+://.+|[\w.-]+@[\w.-]+:.+", re.IGNORECASE)
_FILE = "file://"
# `host.org/somebody/project`.
_NO_SCHEME = re.compile(r"[\w-]+(\.[\w-]+)+/[\w.-]+/[\w./-]+")
# The parameter's word for the project that these steps belong to.
THIS = "auto"


@dataclass(frozen=True)
class Location:
    """A folder of this machine, or a URI that is fetched (`folder` is None); the project is in its `subfolder`."""

    uri: str
    subfolder: str = ""
    folder: Path | None = None

    def __str__(self) -> str:
        """Write it as MLflow takes it."""
        if self.folder is not None:
            return str(self.folder)
        return f"{self.uri}#{self.subfolder}" if self.subfolder else self.uri


def locate(project: str) -> Location:
    """Find out where a project is. Raises WrongValue if it should be a folder, and there is none."""
    uri, _, subfolder = project.partition("#")
    subfolder = subfolder.strip("/")
    if _ELSEWHERE.fullmatch(uri):
        return Location(uri, subfolder)
    path = paths.of_user(unquote(uri.removeprefix(_FILE)) if uri.startswith(_FILE) else uri)
    if uri.endswith(".zip") and paths.is_file(path):
        return Location(str(path), subfolder)
    for folder in (paths.of_user(project), path / subfolder):  # a folder's own name may have the sign
        if paths.is_folder(folder):
            return Location(project, "", folder)
    if paths.is_file(path):
        raise WrongValue(f"{option('project', project)}: is a file; name the folder that has it")
    if paths.is_folder(path):
        raise WrongValue(f"{option('project', project)}: {path} has no folder {subfolder!r}")
    looked = "" if uri.startswith(("/", "~", _FILE)) else f" in {' or '.join(map(str, paths.folders_of_user()))}"
    scheme = f"; a URL begins with https:// (https://{uri}?)" if _NO_SCHEME.fullmatch(uri) else ""
    raise WrongValue(
        f"{option('project', project)}: there is no such folder{looked}; must be a folder or a Git URL{scheme}"
    )


def is_fetched(project: str) -> bool:
    """Tell whether what `mlflow run` was given is fetched, rather than a folder that is used where it lies."""
    return project.startswith(_FILE) or _ELSEWHERE.fullmatch(project.partition("#")[0]) is not None


def is_this_project(project: str, version: str | None) -> bool:
    """Tell whether a project is this one, as it lies here, by whatever name; False if there is none such."""
    if project == THIS:
        return version is None
    try:
        folder = locate(project).folder if version is None else None
        return folder is not None and folder.resolve() == PROJECT
    except WrongValue:
        return False


def as_meant(project: str, version: str | None, entry_point: str) -> tuple[str, str]:
    """Return the project and the entry point that a person means: THIS for this project, by whatever name.

    A script that is not in this project, but where the person stands, belongs to the project of that folder; one that
    is named by another path than one below that folder, to the project of its own.
    """
    if not is_this_project(project, version):
        return project, entry_point
    if entry_point.endswith(script_files.ENDINGS) and script_files.problem(entry_point, PROJECT) is not None:
        script, folder = paths.of_user(entry_point), paths.users_folder()
        if not script.is_relative_to(folder):
            folder = script.parent
        if paths.is_file(script) and not script.is_relative_to(PROJECT):
            return str(folder), str(script.relative_to(folder))
    return THIS, entry_point
