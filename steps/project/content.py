"""What a folder holds, as one digest: whether a project that is in no repository is still the same."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from steps.project.git import Git, GitFailed

# What is no part of a project's content where no git says so: what Python and MLflow leave in the folder of a run.
_JOURNAL = ("mlflow.db-journal", "mlflow.db-wal", "mlflow.db-shm")
_LEFT_BEHIND = ("__pycache__", "mlruns", "mlartifacts", "mlflow.db")
# Of a greater file, such as a data set, only the size counts.
_MOST_BYTES = 100_000_000
# Seconds that git may take to list the files of a folder.
_LIST_S = 60.0


def digest(folder: Path) -> str:
    """Return the sha256 of a folder's files, their names and contents; where git ignores some, of the others."""
    total = hashlib.sha256()
    for path in sorted(_files(folder)):
        file = folder / path
        if file.is_file():
            size = file.stat().st_size
            total.update(os.fsencode(path) + f"\0{size}\0".encode())
            if size <= _MOST_BYTES:
                with file.open("rb") as opened:
                    total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[str]:
    try:
        listed = Git(folder, time.monotonic() + _LIST_S)("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    except (GitFailed, FileNotFoundError):
        walked = [path.relative_to(folder) for path in folder.rglob("*")]
        names = {str(path) for path in walked if not any(part.startswith(".") for part in path.parts)}
    yield from (name for name in names if not set(Path(name).parts) & set(_LEFT_BEHIND) and not name.endswith(_JOURNAL))
