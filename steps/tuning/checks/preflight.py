"""What would fail later, told before the first child, all at once and in under three seconds, with the way to mend it.

Other wrong values are told by what reads them: `steps.parameters.declared`, and `steps.tuning.study_plan` once the data
is there.
"""

import sys
from collections.abc import Callable

import mlflow
from mlflow.entities import Run

from steps import backends
from steps.errors import WrongValue
from steps.names import Artifact
from steps.parameters.settings import TuneSettings
from steps.project import environment
from steps.project.git import GitFailed
from steps.tracking import server_errors
from steps.tuning.checks import artifacts, backend, git_state, ray_cluster, server
from steps.tuning.checks.git_state import GitState
from steps.tuning.search import samplers

# Backends that execute on other machines; of a plugin's name nobody knows.
CLUSTERS = ("databricks", "kubernetes", "ray", "slurm")
HERE = ("warm", "local")


def reach_server() -> None:
    """Check the tracking server before anything is asked of it. Raises WrongValue or Unreachable where it can't be."""
    server_errors.check_uri()
    note = server.check()
    if note:
        print(f"tune: {note}", file=sys.stderr)


def check(settings: TuneSettings, parent: Run) -> GitState | None:
    """Check what a study stands on; return the state of the project's work tree, None where it is unknown.

    Raises WrongValue with all problems at once.
    """
    found: list[GitState | None] = [None]
    problems: list[str] = []
    checks: tuple[Callable[[], object], ...] = (
        lambda: artifacts.check(parent.info.artifact_uri),
        lambda: samplers.check_installed(settings.sampler),
        lambda: _check_backend(settings),
        lambda: found.append(_tree(require_clean=settings.require_clean)),
    )
    for one in checks:
        try:
            one()
        except WrongValue as error:
            problems += error.problems
    if problems:
        raise WrongValue(*problems)
    return found[-1]


def check_reach(backend: str, uri: str) -> None:
    """Raise WrongValue where children on other machines would log to a file on this one.

    Of an installed backend that may be a cluster's, it is only said.
    """
    if backend in HERE or not uri.startswith(("sqlite:", "file:", "/", ".")):
        return
    problem = (
        f"--backend {backend!r}: its trials can't log to {uri}, a file on this machine, from other machines; start "
        "`mlflow server --host 0.0.0.0` on it, and give its address in MLFLOW_TRACKING_URI"
    )
    if backend in CLUSTERS:
        raise WrongValue(problem)
    print(f"tune: if they run there: {problem}", file=sys.stderr)


def _check_backend(settings: TuneSettings) -> None:
    backend.check_backend(settings.backend)
    check_reach(settings.backend, mlflow.get_tracking_uri())
    if settings.backend == backends.RAY:
        ray_cluster.connect(settings, mlflow.get_tracking_uri())


def _tree(*, require_clean: bool) -> GitState | None:
    try:
        state = git_state.read(environment.PROJECT)
    except GitFailed as error:
        problem = f"whether the git work tree of {environment.PROJECT} is clean can't be told: {error}"
        if require_clean:
            raise WrongValue(f"--require_clean 'true': {problem}") from error
        print(f"tune: {problem}", file=sys.stderr)
        return None
    if require_clean:
        git_state.refuse_dirty(state, environment.PROJECT)
    for line in state.left_out if state else ():
        print(f"tune: {Artifact.GIT_DIFF}: {line}", file=sys.stderr)
    return state
