"""What runs leave in a project's folder: caches, artifacts and databases, which are no part of the project."""

import sqlite3
from contextlib import closing
from pathlib import Path

# Folders of Python's and of MLflow's.
_FOLDERS = ("__pycache__", "mlruns", "mlartifacts")
_DATABASE = "mlflow.db"
BESIDE = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database
_SQLITE = b"SQLite format 3\0"


def is_left_behind(folder: Path, name: str) -> bool:
    """Tell whether a file of a project, by its name in the folder, is none of its own."""
    ending = next((ending for ending in BESIDE if name.endswith(ending)), "")
    database = folder / name.removesuffix(ending)
    return bool(set(Path(name).parts) & set(_FOLDERS)) or database.name == _DATABASE or _is_of_runs(database)


def is_database(file: Path) -> bool:
    """Tell whether a file is a SQLite database; one that can't be read is none."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _is_of_runs(file: Path) -> bool:
    """Tell whether a file is a database of MLflow's or Optuna's."""
    if not is_database(file):
        return False
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"  # leave no file beside it
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error:
        return False
    return {"alembic_version", "experiments", "runs"} <= tables or {"alembic_version", "studies", "trials"} <= tables
