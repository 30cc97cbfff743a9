"""The remote of a project's repository: the URL where others can have a commit of it."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steps.project import secrets
from steps.project.git import Git, GitFailed

_GIT_S = 10.0


@dataclass(frozen=True)
class Remote:
    """A project's URL, without a password, as `mlflow run` takes it.

    `has_commit` is false if git knows branches of it here, and none of these has the commit.
    """

    url: str
    has_commit: bool = True


def find(folder: Path, commit: str) -> Remote | None:
    """Return the remote that has a commit, as far as git knows here; else `origin`, else the first.

    None if there is none, or none that `mlflow run` takes: nobody else has a folder of this machine, and a subfolder
    with a dot MLflow refuses. MLflow's own `get_git_repo_url` leaves the user out, without whom ssh:// leads nowhere.
    """
    git = Git(folder, time.monotonic() + _GIT_S)
    with suppress(GitFailed, FileNotFoundError):
        inside = git.line("rev-parse", "--show-prefix").rstrip("/")
        urls = {name: git.line("remote", "get-url", name) for name in git.line("remote").splitlines()}
        urls = {name: url for name, url in urls.items() if not _is_folder(url)}
        if not urls or "." in inside:
            return None
        known, having = _with_branches(git, urls), _with_branches(git, urls, "--contains", commit)
        name = next(iter(having), "origin" if "origin" in urls else next(iter(urls)))
        url = secrets.hidden(urls[name])
        return Remote(f"{url}#{inside}" if inside else url, name in having or name not in known)
    return None


def _is_folder(url: str) -> bool:
    return url.startswith(("/", ".", "file:")) or ":" not in url


def _with_branches(git: Git, names: dict[str, str], *words: str) -> list[str]:
    """List those remotes of which git knows branches here."""
    branches = git.line("for-each-ref", "--format=%(refname:lstrip=2)", *words, "refs/remotes").splitlines()
    return [name for name in names if any(branch.startswith(f"{name}/") for branch in branches)]
