"""What a folder holds, as one digest: whether a project that is in no repository is still the same."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from steps.project.git import Git, GitFailed
from steps.project.left_behind import BESIDE, is_left_behind

# Of a greater file, such as a data set, only the size counts.
_MOST_BYTES = 100_000_000
# What counts where no git tells sources from the rest: a folder where somebody works gets results and notes each day.
_SOURCES = frozenset(
    {
        ".py", ".pyx", ".sh", ".r", ".jl", ".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".sql", ".yaml", ".yml", ".toml",
        ".cfg", ".ini",
    }
)  # fmt: skip
_SOURCE_NAMES = ("mlproject", "requirements*.txt", "makefile")  # MLflow reads its file in any case
# Seconds that git may take to list the files of a folder.
_LIST_S = 60.0


def digest(folder: Path, database: Path | None = None) -> str:
    """Return the sha256 of a folder's files, their names and contents.

    In a git repository these are all that git does not ignore, elsewhere those of code and configuration. `database`
    is the tracking database's path: where it lies in the folder, it is no part of the project. Of a file that may not
    be read only name and size count.
    """
    total = hashlib.sha256()
    for path in sorted(_files(folder)):
        file = folder / path
        if file.is_file() and not _is_of(database, file):
            size = file.stat().st_size
            total.update(os.fsencode(path) + f"\0{size}\0".encode())
            if size <= _MOST_BYTES:
                with suppress(OSError), file.open("rb") as opened:
                    total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def _is_of(database: Path | None, file: Path) -> bool:
    """Tell whether a file is a SQLite database, or one that SQLite keeps beside it."""
    if database is None or file.name not in [f"{database.name}{ending}" for ending in ("", *BESIDE)]:
        return False
    return os.path.realpath(file.parent) == os.path.realpath(database.parent)


def _files(folder: Path) -> Iterator[str]:
    names = _listed_by_git(folder) or _walked(folder)
    yield from (name for name in names if not is_left_behind(folder, name))


def _listed_by_git(folder: Path) -> set[str]:
    """Return nothing of a folder in no repository, or one that its repository ignores as a whole.

    The files of a submodule, or of another repository in it, are listed by their own git.
    """
    try:
        listed = Git(folder, time.monotonic() + _LIST_S)("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except (GitFailed, FileNotFoundError):
        return set()
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    inner = {name for name in names if (folder / name / ".git").exists()}
    return names - inner | {str(Path(name, file)) for name in inner for file in _listed_by_git(folder / name)}


def _walked(folder: Path) -> Iterator[str]:
    """Yield the sources in a folder, but for hidden ones and those of virtual environments."""
    for path, folders, files in os.walk(folder):
        inside = Path(path).relative_to(folder)
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_environment(Path(path, name))]
        yield from (str(inside / name) for name in files if not name.startswith(".") and _is_source(name))


def _is_source(name: str) -> bool:
    name = name.lower()
    return Path(name).suffix in _SOURCES or any(fnmatch(name, pattern) for pattern in _SOURCE_NAMES)


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists()
