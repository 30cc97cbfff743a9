"""Read the state of the project's git work tree: whether it is the recorded commit's, and if not, what differs.

Nothing is written to the repository: the index and the objects that git needs for a diff go to a temporary folder.
"""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Artifact, Tag
from steps.parameters.option import option
from steps.project.git import Git, GitFailed
from steps.tracking import write

# Seconds that git may take in all: hundredths of one for most projects, many times that on a busy machine. A repository
# that is so large that it takes longer is recorded without its state.
GIT_S = 10.0
# A diff is cut to this size; a bigger file is left out of it before git reads it.
DIFF_BYTES = 10_000_000
_SHOWN = 5
# Each path that is left out becomes an argument of git's.
_MOST_LEFT_OUT = 1000
# A diff that `git apply` takes, whatever the user's configuration.
_PLAIN_DIFF = (
    "--cached", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative",
    "--no-renames", "-U3", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
_NEXT_FILE = b"\ndiff --git "


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

    Files that .gitignore names are no part of it. Raises GitFailed if git can't tell within GIT_S.
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
    words = git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty")
    changed = tuple(os.fsdecode(word[3:]) for word in words.split(b"\0") if word)
    if not changed:
        return GitState()
    try:
        return _with_diff(git, changed)
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


def _with_diff(git: Git, changed: tuple[str, ...]) -> GitState:
    """Stage everything in an index of its own, and make the diff of that to HEAD."""
    reasons = {path: why for path in changed if (why := _why_left_out(git.folder / path))}
    if len(reasons) > _MOST_LEFT_OUT:
        return GitState(changed, left_out=(f"{len(reasons)} files are too big, so none is here",))
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        index, objects = Path(folder) / "index", Path(folder) / "objects"
        objects.mkdir()
        own_index = git.folder / git.line("rev-parse", "--git-path", "index")
        if own_index.exists():
            shutil.copyfile(own_index, index)
        variables = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(git.folder / git.line("rev-parse", "--git-path", "objects")),
        }
        pathspecs = (".", *(f":(exclude,literal){path.removesuffix('/')}" for path in reasons))
        git("-c", "core.looseCompression=0", "add", "--all", "--", *pathspecs, variables=variables)
        diff = git("diff", *_PLAIN_DIFF, _base(git), "--", *pathspecs, at_most=DIFF_BYTES + 1, variables=variables)
    left_out = tuple(f"{path} is left out: {why}" for path, why in reasons.items())
    if len(diff) > DIFF_BYTES:
        diff = diff[: diff.rfind(_NEXT_FILE, 0, DIFF_BYTES) + 1]  # whole files
        left_out += (f"the diff is cut: it has more than {DIFF_BYTES // 1_000_000} MB",)
    return GitState(changed, diff, left_out)


def _why_left_out(path: Path) -> str:
    """Say why a path is left out of a diff; an empty text if it is not."""
    if path.is_dir() and not path.is_symlink():
        return "it is a repository of its own"
    size = path.lstat().st_size if os.path.lexists(path) else 0
    return f"it has {size / 1_000_000:.0f} MB" if size > DIFF_BYTES else ""


def _base(git: Git) -> str:
    """Name what a tree is compared with: the commit or, before the first one, the empty tree."""
    try:
        return git.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitFailed:
        return git.line("hash-object", "-t", "tree", "--stdin")


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'  # without quotes, a colon would end the path
