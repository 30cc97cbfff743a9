"""The backend that a study runs on, the number of trials at a time, and the environment."""

import importlib.metadata
import importlib.util
import json
import sys
from typing import Any

import joblib
from mlflow.projects.backend import loader  # not documented; what `mlflow.run` itself finds backends by

from steps import backends
from steps.backends.ray import cluster
from steps.errors import WrongValue, did_you_mean
from steps.names import Tag
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process import cores, remedy
from steps.project import environment, paths, text_file
from steps.tuning.space.document import shorten
from steps.tuning.tuned_project import TunedProject

# How many of the packages that differ from the pins are named.
_SHOWN = 5


def warn(settings: TuneSettings, jobs: int) -> None:
    """Say on stderr which settings are allowed but probably not meant."""
    different = environment.differences()
    if different:
        more = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        print(
            f"tune: environment: {', '.join(different[:_SHOWN])}{more}: another than conda.yaml pins, so the runs are "
            f"tagged {Tag.ENVIRONMENT}={environment.state()}; {remedy.for_environment()}",
            file=sys.stderr,
        )
    if jobs > settings.window:
        print(
            f"tune: {option('jobs', jobs)}: more than {option('window', settings.window)}, so at most "
            f"{settings.window} trials run at a time; a wider window makes another, equally repeatable, study",
            file=sys.stderr,
        )


def jobs(settings: TuneSettings) -> int:
    """Return how many trials run at a time; auto: the cores that this process may use, divided by the threads."""
    if settings.jobs != "auto":
        return settings.jobs
    usable = cores.within_quota(joblib.cpu_count())  # by affinity, too
    return max(1, usable // settings.shared.threads)


def check_backend(name: str, project: TunedProject) -> None:
    """Raise WrongValue for a backend that is not installed, or lacks a package that it needs."""
    plugins = {entry.name: entry for entry in importlib.metadata.entry_points(group=loader.ENTRYPOINT_GROUP_NAME)}
    names = {*loader.MLFLOW_BACKENDS, *backends.OURS, "databricks", "kubernetes", *plugins}
    if name not in names:
        raise WrongValue(
            f"{option('backend', name)}: must be one of {', '.join(sorted(names))}{did_you_mean(name, names)}"
        )
    if name == backends.RAY:
        cluster.check_installed()
    elif name == "kubernetes":
        _check_kubernetes(project)
    elif name in plugins and name not in loader.MLFLOW_BACKENDS:
        try:
            plugins[name].load()
        except Exception as error:  # a plugin may raise anything
            raise WrongValue(
                f"{option('backend', name)}: is installed but can't be loaded: {error!r}; install what it needs"
            ) from error


def _check_kubernetes(project: TunedProject) -> None:
    problems = [
        f"needs the package {package}: add it to conda.yaml and install it"
        for package in ("kubernetes", "docker")
        if importlib.util.find_spec(package) is None
    ]
    if not project.read().docker_env:
        problems.append("needs a project with a docker_env: give MLproject one in place of its conda_env")
    if problems:
        raise WrongValue(*(f"{option('backend', 'kubernetes')}: {problem}" for problem in problems))


def read_backend_config(settings: TuneSettings) -> dict[str, Any]:
    """Read the JSON file that is meant for the backend."""
    path = settings.backend_config
    if path is None:
        return {}
    try:
        content = json.loads(text_file.read(paths.of_user(path)))
    except (OSError, ValueError, RecursionError) as error:
        raise WrongValue(f"{option('backend_config', path)}: must be the path of a JSON file: {error}") from error
    if not isinstance(content, dict):
        raise WrongValue(f"{option('backend_config', path)}: must hold a JSON object, got {shorten(str(content))}")
    return content
