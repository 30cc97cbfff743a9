"""Get a project that is not to be read where it lies: clone it, by MLflow's own means, at a version.

MLflow checks a version of a local folder out in that folder, under the hands of whoever works there. So such a folder
is cloned first.
"""

import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# Private to MLflow, whose public `fetch_and_validate_project` needs to know the entry point beforehand.
from mlflow.projects.utils import _fetch_project
from mlflow.utils.git_utils import get_git_commit

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.process import proc
from steps.project import secrets, submodules
from steps.project.git import OTHER_REPOSITORY, Git, GitFailed
from steps.project.location import Location

# Nobody is there to be asked for a name or a password.
_NO_QUESTIONS = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "LC_ALL": "C"}
# A server that is silent for a minute is given up, unless the user's own variables say otherwise.
_NO_SILENCE = {
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=60 -oServerAliveInterval=20 -oServerAliveCountMax=3",
}
# What git says of a version that is not there.
_NO_VERSION = re.compile(r"couldn't find remote ref|not our ref|unadvertised object|did not match any|bad revision")
# git's last lines where the one before says more.
_EMPTY_WORDS = (
    "Please make sure you have the correct access rights", "and the repository exists.",
    "fatal: Could not read from remote repository.",
)  # fmt: skip
_CLONE_S, _LIST_S = 300.0, 10.0


@dataclass(frozen=True)
class Fetched:
    """A project that was fetched: the folder with its MLproject, and its commit, None if it is in no git repository.

    `inside` is the folder as it is seen from the top of a local repository, empty at the top.
    """

    folder: Path
    commit: str | None
    inside: str = ""


def fetch(location: Location, version: str | None, target: Path) -> Fetched:
    """Fetch a project into a new folder below `target`. Raises WrongValue, in one line, if that does not work."""
    try:
        with _alone(target):
            if location.folder is not None:
                folder, inside = _clone(location.folder, str(version), target)
                return Fetched(folder, get_git_commit(str(folder)), inside)
            folder = _by_mlflow(location, version)
    except (ImportError, FileNotFoundError) as error:  # GitPython does not find git, or we don't
        if shutil.which("git"):
            raise
        raise WrongValue(
            f"{option('project', str(location))}: git is needed to fetch it, and is not installed"
        ) from error
    return Fetched(folder, get_git_commit(str(folder)))


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Have git ask nobody and use no other repository, and have MLflow clone into a folder."""
    before, temporary = dict(os.environ), tempfile.tempdir
    for name in OTHER_REPOSITORY:
        os.environ.pop(name, None)
    os.environ.update(_NO_QUESTIONS)
    for name, value in _NO_SILENCE.items():
        os.environ.setdefault(name, value)
    tempfile.tempdir = os.environ["TMPDIR"] = str(target)
    try:
        yield
    except BaseException:  # a signal: a git that waits for a server that is silent would wait on
        for pid in proc.with_variable(f"TMPDIR={target}"):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        raise
    finally:
        tempfile.tempdir = temporary
        os.environ.clear()
        os.environ.update(before)


def _by_mlflow(location: Location, version: str | None) -> Path:
    shown = secrets.hidden(location.uri)
    try:
        return Path(_fetch_project(str(location), version))
    except ImportError:
        raise
    except Exception as error:  # of MLflow, git, requests, zipfile, the disk
        reason = _reason(error)
        if version is not None and _NO_VERSION.search(reason):
            raise WrongValue(_no_version(version, shown, _refs(location.uri))) from error
        if "Could not find subdirectory" in reason:
            raise WrongValue(f"{option('project', secrets.hidden(str(location)))}: has no such subfolder") from error
        raise WrongValue(f"{option('project', shown)}: can't be fetched: {reason}") from error


def _clone(folder: Path, version: str, target: Path) -> tuple[Path, str]:
    """Clone a local repository at a version; return the project's folder, and that as it is seen from the top.

    The clone has the repository's own remote, if that has one.
    """
    git = Git(folder, time.monotonic() + _CLONE_S)
    try:
        top = Path(git.line("rev-parse", "--show-toplevel"))
    except GitFailed as error:
        if "not a git repository" in str(error):
            raise WrongValue(f"{option('version', version)}: {folder} is in no git repository; give none") from error
        raise WrongValue(f"{option('version', version)}: can't be found in {folder}: {error}") from error
    try:
        commit = git.line("rev-parse", "--verify", "--quiet", f"{version}^{{commit}}")
    except GitFailed as error:
        names = git.line("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags").splitlines()
        raise WrongValue(_no_version(version, str(top), names)) from error
    clone = Path(tempfile.mkdtemp(dir=target))
    try:
        git("clone", "--quiet", "--shared", "--no-checkout", str(top), str(clone))
        inside = Git(clone, git.deadline)
        inside("checkout", "--quiet", "--detach", commit)
        _take_remote(git, inside)
        if problem := submodules.get(inside, git):
            raise GitFailed(problem)
    except GitFailed as error:
        raise WrongValue(f"{option('project', str(folder))}: can't be cloned: {secrets.hidden(str(error))}") from error
    place = folder.resolve().relative_to(top.resolve())
    if not (clone / place).is_dir():
        raise WrongValue(f"{option('version', version)}: has no folder {place} in {top}")
    return clone / place, "" if place == Path() else str(place)


def _take_remote(theirs: Git, ours: Git) -> None:
    try:
        ours("remote", "set-url", "origin", theirs.line("remote", "get-url", "origin"))
    except GitFailed:  # it has none
        ours("remote", "remove", "origin")


def _no_version(version: str, uri: str, names: list[str]) -> str:
    return (
        f"{option('version', version)}: {uri} has no such version{did_you_mean(version, names)}; must be a branch, a "
        "tag or a full commit"
    )


def _refs(uri: str) -> list[str]:
    """List the branches and tags of a remote repository, as far as it tells them."""
    with suppress(GitFailed):
        lines = Git(Path.cwd(), time.monotonic() + _LIST_S).line("ls-remote", "--heads", "--tags", uri).splitlines()
        return [line.partition("\t")[2].removeprefix("refs/heads/").removeprefix("refs/tags/") for line in lines]
    return []


def _reason(error: BaseException) -> str:
    """Return the line of git, or of whatever else failed, that says why, without a secret."""
    inner: BaseException | None = error
    while inner is not None and not getattr(inner, "stderr", ""):
        inner = inner.__cause__ or inner.__context__
    text = str(getattr(inner, "stderr", "") or error).strip()
    if text.startswith("stderr: "):  # GitPython's quotes
        text = text.removeprefix("stderr: ").strip("'")
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip() not in _EMPTY_WORDS]
    begins = [index for index, line in enumerate(lines) if line.startswith(("fatal:", "error:"))] or [-1]
    return secrets.hidden(" ".join(lines[begins[-1] :]) or repr(error))
