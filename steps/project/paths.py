"""Paths as a person types them; no path, however wrong, raises an error here."""

import os
from contextlib import suppress
from pathlib import Path

from steps.names import Variable


def absolute(text: str) -> Path:
    """Return a path made absolute, with `~` expanded; `~name` stays if there is no such user."""
    path = Path(text)
    with suppress(RuntimeError, ValueError):  # there is no such user, or no such name of one
        path = path.expanduser()
    return path.absolute()


def of_user(text: str) -> Path:
    """Return a path made absolute as the person means it who typed it.

    A relative one is looked for where the person stood, see `users_folder`, and then in this process's folder.
    """
    path = Path(text)
    with suppress(RuntimeError, ValueError):  # there is no such user, or no such name of one
        path = path.expanduser()
    candidates = [Path(os.path.normpath(folder / path)) for folder in folders_of_user()]
    return next((path for path in candidates if is_file(path) or is_folder(path)), candidates[0])


def users_file(text: str) -> str:
    """Return the absolute path of a table that lies where the person stood, if that is elsewhere; else the text.

    A word without a dot and a slash, such as `iris`, names no file.
    """
    folder = users_folder()
    if folder == Path.cwd() or Path(text).is_absolute() or not {".", "/"} & set(text):
        return text
    path = Path(os.path.normpath(folder / text))
    return str(path) if is_file(path) else text


def folders_of_user() -> list[Path]:
    """List the folders in which a relative path is looked for, the first first."""
    return list(dict.fromkeys([users_folder(), Path.cwd()]))


def users_folder() -> Path:
    """Return the folder where the person stood who started this step; see `steps.process.users_folder`."""
    return Path(os.environ.get(Variable.USERS_FOLDER) or Path.cwd())


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
