"""What runs leave in a project's folder."""

import sqlite3
from contextlib import closing

import optuna
import pytest
from mlflow.tracking import MlflowClient

from steps.project.left_behind import is_left_behind


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("__pycache__/a.pyc", True),
        ("sub/mlruns/0/meta.yaml", True),
        ("mlartifacts/x", True),
        ("mlflow.db", True),
        ("sub/mlflow.db-wal", True),
        ("mlflow.dbx", False),
        ("runs.db", False),  # nothing is there
        ("mlruns.py", False),
        ("code.py", False),
    ],
)
def test_folders_and_files_of_python_and_mlflow_are_known_by_their_names(tmp_path, name, left):
    """Wherever they lie in the project."""
    assert is_left_behind(tmp_path, name) is left


def test_databases_of_runs_are_known_by_what_is_in_them(tmp_path):
    """MLflow's and Optuna's, by any name, with what SQLite keeps beside them; another database is the project's own."""
    MlflowClient(f"sqlite:///{tmp_path}/runs.sqlite").search_experiments()
    optuna.create_study(storage=f"sqlite:///{tmp_path}/study")
    with closing(sqlite3.connect(tmp_path / "table.db")) as connection, connection:
        connection.execute("CREATE TABLE runs (x)")
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0")
    found = {name for name in ("runs.sqlite", "study", "table.db", "broken.db") if is_left_behind(tmp_path, name)}
    assert found == {"runs.sqlite", "study"}
    assert is_left_behind(tmp_path, "study-journal")
    assert not is_left_behind(tmp_path, "table.db-wal")
    assert {path.name for path in tmp_path.iterdir()} <= {"runs.sqlite", "study", "table.db", "broken.db"}
