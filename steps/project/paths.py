"""Paths that a person has typed: none of them is a reason for a traceback."""

from contextlib import suppress
from pathlib import Path


def absolute(text: str) -> Path:
    """Return the absolute path that a text means, `~` expanded; that of a user who is not there stays as it is."""
    path = Path(text)
    with suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; a path that is too long for one names none."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """Tell whether there is such a folder."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False
