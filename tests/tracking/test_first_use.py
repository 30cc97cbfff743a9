"""Several processes open one fresh tracking database at once."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from steps.project.environment import PROJECT
from steps.tracking import first_use


@pytest.mark.e2e
def test_the_others_wait_for_the_one_that_makes_the_tables(tmp_path: Path) -> None:
    """Each ends well, and the database has all of its tables."""
    database = tmp_path / "a b" / "runs.db"
    env = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{database}", "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-m", "steps.tracking.first_use"]
    started = [subprocess.Popen(words, cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=600)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert "Error" not in "".join(said)
    assert list(tmp_path.glob("*.lock")) == []
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM experiments").fetchone() == (1,)


@pytest.mark.parametrize(
    ("content", "fresh"),
    [
        (None, True),
        (b"", True),
        (b"no database at all", False),
        ("CREATE TABLE alembic_version (version_num TEXT)", True),
        ("CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('x')", False),
    ],
)
def test_a_database_is_fresh_until_mlflow_has_written_its_version(
    content: str | bytes | None, fresh: bool, tmp_path: Path
) -> None:
    """One that is not there stays so."""
    database = tmp_path / "runs.db"
    if isinstance(content, bytes):
        database.write_bytes(content)
    elif content is not None:
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(content)
    assert first_use._is_fresh(database) == fresh
    assert database.exists() == (content is not None)
