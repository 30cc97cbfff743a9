"""Read the state of the project's git work tree: whether it is the recorded commit's, and if not, what differs."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Artifact, Tag
from steps.parameters.option import option
from steps.project.git import Git, GitFailed
from steps.project.left_behind import is_left_behind
from steps.tracking import write
from steps.tuning.checks import git_diff

# Seconds that git may take in all: hundredths of one for most projects, many times that on a busy machine. A repository
# that is so large that it takes longer is recorded without its state.
GIT_S = 10.0
_SHOWN = 5
_NEW = b"??"


@dataclass(frozen=True)
class GitState:
    """A work tree: the paths that differ from the recorded commit, new ones too, and the diff that makes them.

    `left_out` says what is not in the diff, a line each.
    """

    changed: tuple[str, ...] = ()
    diff: bytes = b""
    left_out: tuple[str, ...] = ()

    def record(self, run_id: str) -> None:
        """Write to a run whether the tree is dirty, and how."""
        write.record(run_id, tags={Tag.GIT_DIRTY: str(bool(self.changed)).lower()})
        if not self.changed:
            return
        comment = "".join(f"# {line}\n" for line in self.left_out)  # `git apply` skips it
        with tempfile.TemporaryDirectory(prefix="tune-") as folder:
            path = Path(folder) / Artifact.GIT_DIFF
            path.write_bytes(comment.encode(errors="surrogateescape") + self.diff)
            MlflowClient().log_artifact(run_id, str(path))


def read(folder: Path) -> GitState | None:
    """Read the state of the work tree that a folder lies in; None if it lies in none, or git is not installed.

    Files that .gitignore names are no part of it, nor are new ones that runs leave behind.
    Raises GitFailed if git can't tell within GIT_S.
    """
    deadline = time.monotonic() + GIT_S
    try:
        top = Git(folder, deadline).line("rev-parse", "--show-toplevel")
    except FileNotFoundError:
        return None
    except GitFailed as error:
        if "not a git repository" in str(error) or "must be run in a work tree" in str(error):
            return None
        raise
    git = Git(Path(top), deadline)
    # What is new in a submodule does not count, since its caches are that, too.
    status = git(
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=untracked"
    )
    kinds = {os.fsdecode(word[3:]): word[:2] for word in status.split(b"\0") if word}
    changed = tuple(path for path, kind in kinds.items() if kind != _NEW or not is_left_behind(git.folder, path))
    if not changed:
        return GitState()
    try:
        return GitState(changed, *git_diff.make(git, changed, [path for path in changed if kinds[path] == _NEW]))
    except (GitFailed, OSError) as error:
        return GitState(changed, left_out=(f"the diff could not be made: {error}",))


def refuse_dirty(tree: GitState | None, folder: Path) -> None:
    """Raise WrongValue if a tree is not exactly a commit's."""
    if tree is None:
        raise WrongValue(
            f"{option('require_clean', 'true')}: {folder} is in no git work tree, so no commit says what runs; run a "
            "clone of the repository or its URL"
        )
    if tree.changed:
        more = len(tree.changed) - _SHOWN
        shown = ", ".join(tree.changed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        raise WrongValue(
            f"{option('require_clean', 'true')}: the git work tree of {folder} must be as it was committed, and "
            f"differs in {shown}; commit or stash that, or name in .gitignore what is none of the project's"
        )
