"""Errors of a tracking database become one sentence and an exit code."""

import errno
import os
import re
import shlex
from pathlib import Path

import mlflow

from steps.errors import StepError, WrongValue
from steps.tracking import sqlite_uri

_URI = "MLFLOW_TRACKING_URI"
ANOTHER = f"name another in {_URI}"
# Patterns of the messages of MLflow and what it uses. Of a database that an older or a newer MLflow has made:
_OTHER_SCHEMA = r"out-of-date database schema|Can't locate revision"
_READ_ONLY = r"attempt to write a readonly database"
# What sqlite says of a file that was moved or deleted while it was open, and of a disk that fails or becomes read-only.
_FILE_LOST = rf"{_READ_ONLY}|disk I/O error|unable to open database file"
_FULL = r"database or disk is full|No space left on device|Disk quota exceeded"
_NO_DATABASE = r"file is not a database|database disk image is malformed"
_NOT_MLFLOWS = r"no such (table|column): |has no column named "


def explain(text: str, where: str) -> StepError | None:
    """Translate what MLflow, SQLAlchemy and the database at `where` have said; return None if it is something else."""
    if re.search(_OTHER_SCHEMA, text):
        return WrongValue(_other_schema(where))
    if re.search(_FULL, text):
        return StepError(f"the disk of the tracking database {where} is full: make room, and start again")
    file = sqlite_uri.path(mlflow.get_tracking_uri())
    if file is not None and not file.exists() and re.search(_FILE_LOST, text):
        return StepError(f"the tracking database {where} is gone: its file was moved or deleted; put it back")
    if re.search(_READ_ONLY, text):
        return WrongValue(
            f"the tracking database {where} is read-only for this user: make the file and its folder writable, or "
            f"{ANOTHER}"
        )
    if file is not None and (lost := re.search(_FILE_LOST, text)):
        if _is_on_read_only_disk(file):
            return StepError(
                f"the disk of the tracking database {where} is read-only: make it writable, and start again"
            )
        return StepError(
            f"the tracking database {where} can't be used: {lost[0]}: see that its disk works and that the file and "
            "its folder can be written to, and start again"
        )
    if re.search(_NO_DATABASE, text):
        return WrongValue(f"the tracking database {where} is not an SQLite database, or a broken one: {ANOTHER}")
    if re.search(_NOT_MLFLOWS, text):
        return WrongValue(f"the tracking database {where} is not MLflow's, or a broken one: {ANOTHER}")
    return None


def _is_on_read_only_disk(file: Path) -> bool:
    """Ask the system by a harmless write: one that gave up a disk itself does not list it as read-only."""
    try:
        os.utime(file)
    except OSError as error:
        return error.errno == errno.EROFS
    return False


def _other_schema(where: str) -> str:
    return (
        f"the tracking database {where} has the schema of another MLflow than conda.yaml's {mlflow.__version__}: "
        f"start the project with mlflow=={mlflow.__version__} (scripts/run does), or name another database in "
        f"{_URI}; an older one is brought up to date by `mlflow db upgrade {shlex.quote(where)}`"
    )
