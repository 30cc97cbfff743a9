"""A tracking database that is named by a relative path: another folder, another database."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from steps.errors import WrongValue

_RELATIVE = re.compile(r"sqlite(?:\+\w+)?:///(?!/|:memory:)([^?]+)")


def relative_path(uri: str) -> Path | None:
    """Return the path that a sqlite URI names relative to the working directory; None where it names none.

    >>> relative_path("sqlite:///x.db"), relative_path("sqlite:////x.db"), relative_path("http://host/x.db")
    (PosixPath('x.db'), None, None)
    """
    found = _RELATIVE.match(uri)
    return Path(found[1]) if found else None


def refuse_another(run_id: str | None) -> None:
    """Raise WrongValue where MLFLOW_TRACKING_URI is relative and names, from here, a database without a step's own run.

    `run_id` is the run that `mlflow run` has made, from its own folder. It hands the URI on as it is, and the step
    would make another, empty database, and die of "Run with id=… not found".
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
    """Name a relative database by its absolute path from now on, for children that run in another folder."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    path = relative_path(uri)
    if path is not None:
        os.environ["MLFLOW_TRACKING_URI"] = uri.replace(str(path), str(path.absolute()), 1)


def _may_have(path: Path, run_id: str) -> bool:
    """Tell whether a database has a run, without making it; where it can't be asked, MLflow itself has to say why."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (run_id,)).fetchone() is not None
    except sqlite3.Error as error:
        return "no such table" not in str(error)
