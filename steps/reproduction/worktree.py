"""The project as it was when a run was made, in a temporary git worktree: the user's own tree is never touched."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import mlflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID

from steps.errors import WrongValue
from steps.names import Artifact, Tag
from steps.parameters.option import option
from steps.project import content, fetch, location, submodules
from steps.project.environment import PROJECT
from steps.project.git import Git, GitFailed
from steps.tracking import own_tags, sqlite_uri

# How long git may take for a worktree of a big project, or to fetch a commit.
_GIT_S = 300.0


@dataclass(frozen=True)
class Worktree:
    """A folder with the project as a run had it; `doubt` says what may differ from that, empty if nothing does.

    `lies` is the folder where the project lies, with files that are in no repository.
    """

    project: Path
    doubt: str = ""
    lies: Path = PROJECT


@contextmanager
def checkout(run: Run) -> Iterator[Worktree]:
    """Yield a worktree at a run's commit, and remove it at the end.

    Raises WrongValue if the commit is neither here nor at the remote. A run without a commit comes from a project that
    is in no git repository: then it is the project's own folder, as it is now.
    """
    commit = run.data.tags.get(MLFLOW_GIT_COMMIT)
    if Tag.PROJECT in run.data.tags:
        with _checkout_another(run, commit) as another:
            yield another
        return
    if commit is None:
        yield Worktree(PROJECT, "the run has no git commit on record, so the project is taken as it is now")
        return
    git = Git(PROJECT, time.monotonic() + _GIT_S)
    try:
        top = Path(git.line("rev-parse", "--show-toplevel"))
    except (GitFailed, FileNotFoundError) as error:
        why = f" ({error})" if "dubious ownership" in str(error) else ""
        raise WrongValue(
            f"{option('run_id', run.info.run_id)}: was made at commit {commit}, and {PROJECT} is not a git repository "
            f"that has it{why}; start from a clone, or from the repository's URL"
        ) from error
    _fetch_if_missing(commit, git, run)
    with tempfile.TemporaryDirectory(prefix="reproduce-") as folder:
        tree = Path(folder) / "tree"
        try:
            git("worktree", "add", "--detach", "--quiet", str(tree), commit)
            inside = Git(tree, git.deadline)
            problem = submodules.get(inside, git)
            doubts = [f"its submodules could not be had: {problem}"] if problem else []
            doubts += [doubt] if (doubt := _apply_diff(run, inside, Path(folder))) else []
            yield Worktree(tree / PROJECT.relative_to(top), "; ".join(doubts))
        finally:
            with suppress(GitFailed):
                Git(PROJECT, time.monotonic() + _GIT_S)("worktree", "remove", "--force", str(tree))


@contextmanager
def _checkout_another(run: Run, commit: str | None) -> Iterator[Worktree]:
    """Yield another project as a run had it: where it lies, if it is unchanged there, else in a clone of its own."""
    found = location.locate(run.data.tags[Tag.PROJECT])
    if found.folder is not None:
        database = sqlite_uri.path(mlflow.get_tracking_uri())
        is_same = _recorded_project(run) == f"files {content.digest(found.folder, database)}"
        if is_same or commit is None:
            doubt = "" if is_same else "the project is in no git repository, and its files have changed"
            yield Worktree(found.folder, doubt, found.folder)
            return
    with tempfile.TemporaryDirectory(prefix="reproduce-") as folder:
        fetched = fetch.fetch(found, commit, Path(folder))
        doubt = ""
        if found.folder is not None:
            git = Git(fetched.folder, time.monotonic() + _GIT_S)
            doubt = _apply_diff(run, replace(git, folder=Path(git.line("rev-parse", "--show-toplevel"))), Path(folder))
        yield Worktree(fetched.folder, doubt, found.folder or fetched.folder)


def _recorded_project(run: Run) -> str:
    """Return what the study of a run has on record of the content of its project."""
    study = run
    if MLFLOW_PARENT_RUN_ID in run.data.tags:
        with suppress(MlflowException):  # a parent that was deleted
            study = MlflowClient().get_run(run.data.tags[MLFLOW_PARENT_RUN_ID])
    return str(own_tags.from_json(study, Tag.IDENTITY, dict, "{}").get("project", ""))


def _fetch_if_missing(commit: str, git: Git, run: Run) -> None:
    """Make sure that the repository has a commit: fetch it if it is missing, as in a shallow clone."""
    for attempt in (False, True):
        try:
            if attempt:
                git("fetch", "--quiet", "--depth=1", "origin", commit)
            git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
            return
        except GitFailed as error:
            if attempt:
                raise WrongValue(
                    f"{option('run_id', run.info.run_id)}: was made at commit {commit}, which neither {PROJECT} nor "
                    f"its remote has ({error}); start from a clone that has it"
                ) from error


def _apply_diff(run: Run, git: Git, folder: Path) -> str:
    """Apply a run's recorded diff to its worktree; return what of the changes is not on record, empty if all is."""
    if run.data.tags.get(Tag.GIT_DIRTY) is None and MLFLOW_PARENT_RUN_ID in run.data.tags:
        with suppress(MlflowException):  # a parent that was deleted
            run = MlflowClient().get_run(run.data.tags[MLFLOW_PARENT_RUN_ID])
    dirty = run.data.tags.get(Tag.GIT_DIRTY)
    if dirty is None:
        return "whether the project was as committed is not on record"
    if dirty == "false":
        return ""
    try:
        path = Path(MlflowClient().download_artifacts(run.info.run_id, Artifact.GIT_DIFF, str(folder)))
        left_out = [line[2:].decode(errors="replace") for line in path.read_bytes().splitlines() if line[:2] == b"# "]
        if path.stat().st_size > sum(len(line) + 3 for line in left_out):
            git("apply", "--whitespace=nowarn", str(path))
    except (GitFailed, MlflowException, OSError) as error:
        return f"the changes that were not committed could not be applied: {error}"
    return "; ".join(left_out)
