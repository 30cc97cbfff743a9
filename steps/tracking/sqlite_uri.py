"""A tracking database with a relative path: from another folder, the same URI names another database."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from steps.errors import WrongValue

_DATABASE = re.compile(r"sqlite(?:\+\w+)?:///(?!:memory:)([^?]+)")


def relative_path(uri: str) -> Path | None:
    """Return the path in a sqlite URI if it is relative to the working directory; None if it is not, or there is none.

    >>> relative_path("sqlite:///x.db"), relative_path("sqlite:////x.db"), relative_path("http://host/x.db")
    (PosixPath('x.db'), None, None)
    """
    named = path(uri)
    return None if named is None or named.is_absolute() else named


def path(uri: str) -> Path | None:
    """Return the path in a sqlite URI, None if there is none."""
    match = _DATABASE.match(uri)
    return Path(match[1]) if match else None


def refuse_another(run_id: str | None) -> None:
    """Raise WrongValue if MLFLOW_TRACKING_URI is relative, and its database has not the step's own run.

    `run_id` is the run that `mlflow run` made, in its own folder. It hands the URI on as it is; from another folder the
    step would make an empty database, and fail with "Run with id=… not found".
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    path = relative_path(uri)
    if run_id is None or path is None or _may_have(path, run_id):
        return
    raise WrongValue(
        f"MLFLOW_TRACKING_URI {uri!r}: names another database in {Path.cwd()}, where the step runs (from a Git URL: a "
        f"clone of the project), than the one where `mlflow run` was started, which has run {run_id}; must be an "
        f'absolute path or a server\'s address: MLFLOW_TRACKING_URI="sqlite:///$PWD/{path}"'
    )


def make_absolute() -> None:
    """Make a relative path in MLFLOW_TRACKING_URI absolute, for children that run in another folder."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    path = relative_path(uri)
    if path is not None:
        os.environ["MLFLOW_TRACKING_URI"] = uri.replace(str(path), str(path.absolute()), 1)


def _may_have(path: Path, run_id: str) -> bool:
    """Tell whether a database has a run; True also if it can't be read: MLflow will say why. Makes no file."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (run_id,)).fetchone() is not None
    except sqlite3.Error as error:
        return "no such table" not in str(error)
