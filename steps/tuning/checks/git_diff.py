"""The diff that makes a work tree of its commit, and what is kept out of it; nothing is written to the repository."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from steps.project.git import Git, GitFailed
from steps.project.left_behind import is_database

# A diff is cut to this size; a bigger file is left out of it before git reads it.
DIFF_BYTES = 10_000_000
# A diff that `git apply` takes, whatever the user's configuration.
_PLAIN_DIFF = (
    "--cached", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative",
    "--no-renames", "-U3", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
_NEXT_FILE = b"\ndiff --git "
_MODELS = (
    ".cbm", ".ckpt", ".h5", ".joblib", ".keras", ".onnx", ".pickle", ".pkl", ".pt", ".pth", ".safetensors", ".skops",
    ".ubj",
)  # fmt: skip
# New files that are seldom meant for the tracking server.
_SECRETS = (".env", ".netrc", ".pgpass", ".pypirc", "id_rsa", "id_ed25519")
_SECRET_ENDINGS = (".key", ".p12", ".pem")


def make(git: Git, changed: Iterable[str], new: Iterable[str]) -> tuple[bytes, tuple[str, ...]]:
    """Return the diff of changed paths to the commit, and what is not in it, a line each; `new` ones git has not yet.

    Everything is staged in an index of its own; that and the objects that git needs go to a temporary folder.
    """
    added = set(new)
    reasons = {path: _why_left_out(git.folder / path, is_new=path in added) for path in changed}
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        objects = Path(folder) / "objects"
        objects.mkdir()
        variables = {
            "GIT_INDEX_FILE": str(Path(folder) / "index"),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(git.folder / git.line("rev-parse", "--git-path", "objects")),
        }
        base = _base(git, variables)
        git("read-tree", base, variables=variables)
        given = b"".join(os.fsencode(path) + b"\0" for path, why in reasons.items() if not why)
        staging = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        git("-c", "core.looseCompression=0", *staging, given=given, variables=variables)
        diff = git("diff", *_PLAIN_DIFF, base, at_most=DIFF_BYTES + 1, variables=variables)
    left_out = tuple(f"{path} is left out: {why}" for path, why in reasons.items() if why)
    if len(diff) > DIFF_BYTES:
        diff = diff[: diff.rfind(_NEXT_FILE, 0, DIFF_BYTES) + 1]  # whole files
        left_out += (f"the diff is cut: it has more than {DIFF_BYTES // 1_000_000} MB",)
    return diff, left_out


def _why_left_out(path: Path, *, is_new: bool) -> str:
    """Say why a path is left out of a diff; an empty text if it is not."""
    name = path.name.lower()
    if path.is_dir() and not path.is_symlink():
        return "it is a repository of its own"
    size = path.lstat().st_size if os.path.lexists(path) else 0
    if size > DIFF_BYTES:
        return f"it has {size / 1_000_000:.0f} MB"
    if is_database(path):
        return "it is a database"
    if name.endswith(_MODELS):
        return "it is a model"
    if is_new and (name in _SECRETS or name.startswith(".env.") or name.endswith(_SECRET_ENDINGS)):
        return "it may hold a secret"
    return ""


def _base(git: Git, variables: dict[str, str]) -> str:
    """Name what a tree is compared with: that of the commit or, before the first one, the empty tree."""
    try:
        return git.line("rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    except GitFailed:
        return os.fsdecode(git("hash-object", "-w", "-t", "tree", "--stdin", variables=variables)).strip()


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'  # without quotes, a colon would end the path
