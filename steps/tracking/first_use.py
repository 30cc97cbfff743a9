"""A fresh tracking database is opened by one process at a time: two that make its tables at once break each other off.

python -m steps.tracking.first_use      # as scripts/run does before `mlflow run`
"""

import fcntl
import hashlib
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

from steps.process.exit import exit_code
from steps.tracking import sqlite_uri

# Where MLflow keeps runs if nothing else is said.
_DEFAULT = "sqlite:///mlflow.db"


def main() -> int:
    """Make the tables of the tracking database, if it is a fresh one of this machine; wait for who makes them."""
    return exit_code("tables", _make)


def _make() -> int:
    database = sqlite_uri.path(os.environ.get("MLFLOW_TRACKING_URI") or _DEFAULT)
    if database is None or is_settled(database):
        return 0
    with one_at_a_time(database):
        if not _is_fresh(database):
            return 0
        # Imported only now: for a database that is not fresh, this takes no time.
        from mlflow.tracking import MlflowClient

        from steps.tracking.server_errors import check_uri, explain

        check_uri()
        try:
            MlflowClient().search_experiments(max_results=1)
        except Exception as error:
            raise (explain(error) or error) from error
    return 0


@contextmanager
def one_at_a_time(database: Path) -> Iterator[None]:
    """Let one process in at a time, by a lock in the temporary folder, which is gone afterwards; others wait."""
    file = _lock_of(database)
    with ExitStack() as stack:
        lock = stack.enter_context(file.open("a"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        while not _is_open_as(file, lock):  # whoever had it before has removed it
            lock = stack.enter_context(file.open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def is_settled(database: Path) -> bool:
    """Tell whether a database has its tables, and nobody is making them."""
    return not _is_fresh(database) and not _lock_of(database).exists()  # in this order: the lock is there before tables


def _lock_of(database: Path) -> Path:
    name = hashlib.sha256(str(database.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tuning-tables-{os.getuid()}-{name}.lock"


def _is_open_as(file: Path, opened: IO[str]) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(opened.fileno()))
    except FileNotFoundError:
        return False


def _is_fresh(database: Path) -> bool:
    """Tell whether a database has no tables of MLflow's yet; makes no file."""
    if not database.is_file():
        return True
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM alembic_version").fetchone() is None
    except sqlite3.OperationalError:  # no such table
        return True
    except sqlite3.Error:  # no database: MLflow will say so
        return False


if __name__ == "__main__":
    sys.exit(main())
