"""Check before the first child what would fail later: all problems at once, in under three seconds, with remedies.

Other wrong values are refused where they are read: in `steps.parameters.command_line` and, once the data has been read,
in `steps.tuning.study_plan`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
from mlflow.entities import Run

from steps import backends
from steps.errors import WrongValue
from steps.names import Artifact
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.project.git import GitFailed
from steps.tracking import server_errors
from steps.tuning.checks import artifacts, backend, git_state, ray_cluster, server
from steps.tuning.checks.git_state import GitState
from steps.tuning.search import samplers
from steps.tuning.tuned_project import TunedProject

# Backends that execute on other machines. A plugin of another name may be either.
CLUSTERS = ("databricks", "kubernetes", "ray", "slurm")
HERE = ("warm", "local")


def reach_server() -> None:
    """Check that the tracking server can be used. Raises WrongValue or Unreachable if it can't."""
    server_errors.check_uri()
    note = server.check()
    if note:
        print(f"tune: {note}", file=sys.stderr)


def check(settings: TuneSettings, project: TunedProject, parent: Run) -> GitState | None:
    """Check artifacts, sampler, backend and git work tree; return the tree's state, None if it is unknown.

    Raises WrongValue with all problems at once.
    """
    git_states: list[GitState | None] = [None]
    problems: list[str] = []
    checks: tuple[Callable[[], object], ...] = (
        lambda: artifacts.check(parent.info.artifact_uri),
        lambda: artifacts.check_earlier(parent),
        lambda: samplers.check_installed(settings.sampler),
        lambda: _check_backend(settings, project),
        lambda: git_states.append(_read_git_state(project.folder, require_clean=settings.require_clean)),
    )
    for run_check in checks:
        try:
            run_check()
        except WrongValue as error:
            problems += error.problems
    if problems:
        raise WrongValue(*problems)
    return git_states[-1]


def check_reach(backend: str, uri: str) -> None:
    """Raise WrongValue if children on other machines would log to a file on this one.

    If an installed backend may or may not execute on other machines, the problem is only printed on stderr.
    """
    if backend in HERE or not uri.startswith(("sqlite:", "file:", "/", ".")):
        return
    problem = (
        f"{option('backend', backend)}: its trials can't log to {uri}, a file on this machine, from other machines; "
        "start `mlflow server --host 0.0.0.0` on it, and give its address in MLFLOW_TRACKING_URI"
    )
    if backend in CLUSTERS:
        raise WrongValue(problem)
    print(f"tune: if they run there: {problem}", file=sys.stderr)


def _check_backend(settings: TuneSettings, project: TunedProject) -> None:
    backend.check_backend(settings.backend, project)
    check_reach(settings.backend, mlflow.get_tracking_uri())
    if settings.backend == backends.RAY:
        ray_cluster.connect(settings, mlflow.get_tracking_uri())


def _read_git_state(folder: Path, *, require_clean: bool) -> GitState | None:
    try:
        state = git_state.read(folder)
    except GitFailed as error:
        problem = f"whether the git work tree of {folder} is clean can't be told: {error}"
        if require_clean:
            raise WrongValue(f"{option('require_clean', 'true')}: {problem}") from error
        print(f"tune: {problem}", file=sys.stderr)
        return None
    if require_clean:
        git_state.refuse_dirty(state, folder)
    for line in state.left_out if state else ():
        print(f"tune: {Artifact.GIT_DIFF}: {line}", file=sys.stderr)
    return state
