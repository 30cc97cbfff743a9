"""Paths as a person types them; no path, however wrong, raises an error here."""

from contextlib import suppress
from pathlib import Path


def absolute(text: str) -> Path:
    """Return a path made absolute, with `~` expanded; `~name` stays if there is no such user."""
    path = Path(text)
    with suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; False for a path that the system refuses, such as one that is too long."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """Tell whether there is such a folder."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False
