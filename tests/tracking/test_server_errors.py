"""What is below a step, in one sentence. Most of it is shown by real servers and databases, in tests/inputs."""

import errno
import os
import sqlite3
from contextlib import closing
from unittest.mock import Mock

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from steps.errors import StepError, Unreachable, WrongValue
from steps.tracking import server_errors


@pytest.fixture
def uri(monkeypatch):
    """A tracking URI with a password in it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:SESAME@127.0.0.1:5432/runs")
    return "postgresql://127.0.0.1:5432/runs"


def test_a_locked_database_may_pass(tmp_path, uri):
    """What sqlite raises where another process writes for too long, as MLflow hands it on, is Unreachable."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as writing, closing(sqlite3.connect(tmp_path / "x.db")) as other:
        writing.execute("CREATE TABLE x (y)")
        writing.execute("BEGIN EXCLUSIVE")
        other.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("INSERT INTO x VALUES (1)")
    explained = server_errors.explain(MlflowException(str(caught.value), error_code=TEMPORARILY_UNAVAILABLE))
    assert isinstance(explained, Unreachable)
    assert str(explained) == f"the tracking server {uri} can't be used: database is locked"


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "can't write '/disk/model.skops': No space left on device: make room on that disk, and start "),
        (errno.EDQUOT, "can't write '/disk/model.skops': Disk quota exceeded: make room on that disk, and start again"),
        (errno.EROFS, "can't write '/disk/model.skops': Read-only file system: name a folder that can be written to"),
    ],
)
def test_a_disk_that_can_not_be_written_to_is_named(number, sentence):
    """An error of the disk is told with the file, wherever in the chain of errors it is."""
    error = MlflowException("The model could not be saved")
    error.__cause__ = OSError(number, os.strerror(number), "/disk/model.skops")
    explained = server_errors.explain(error)
    assert isinstance(explained, StepError)
    assert str(explained).startswith(sentence)
    assert explained.exit_code == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        KeyError("a bug"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/x"),
        MlflowException("Changing param values is not allowed"),
        WrongValue("--folds 'x': must be a whole number"),
        ModuleNotFoundError("No module named 'mine'", name="mine"),
    ],
)
def test_what_is_no_matter_of_the_server_is_left_alone(error):
    """A bug keeps its traceback, and what is a sentence already stays as it is."""
    assert server_errors.explain(error) is None


def test_an_error_of_a_handler_is_told_by_what_it_came_from(uri):
    """An error that MLflow raises while it cleans up behind another one is told by that."""
    try:
        try:
            raise MlflowException("API request to http://host failed with exception Max retries exceeded with url: /x")
        finally:
            raise ValueError("nothing to clean up")
    except ValueError as error:
        assert isinstance(server_errors.explain(error), Unreachable)


def test_a_database_whose_file_is_moved_away_is_gone(client, tracking, tmp_path):
    """sqlite, which has it open, says that it is read-only."""
    client.create_run("0")
    tracking.rename(tmp_path / "moved.db")
    with pytest.raises(MlflowException) as caught:
        client.create_run("0")
    explained = server_errors.explain(caught.value)
    assert isinstance(explained, StepError)
    assert str(explained).endswith(f"{tracking} is gone: its file was moved or deleted; put it back")
    assert explained.exit_code == 1


@pytest.mark.parametrize("sqlite_says", ["unable to open database file", "disk I/O error"])
def test_a_disk_that_becomes_read_only_is_named(sqlite_says, client, tracking, monkeypatch):
    """As a system makes it after an error of the disk, amid a study: sqlite has several words for that."""
    client.create_run("0")
    monkeypatch.setattr(os, "utime", Mock(side_effect=OSError(errno.EROFS, os.strerror(errno.EROFS))))
    explained = server_errors.explain(MlflowException(f"(sqlite3.OperationalError) {sqlite_says}\n[SQL: UPDATE runs"))
    assert str(explained) == (
        f"the disk of the tracking database sqlite:///{tracking} is read-only: make it writable, and start again"
    )
    assert isinstance(explained, StepError)
    assert explained.exit_code == 1


@pytest.mark.parametrize("sqlite_says", ["unable to open database file", "disk I/O error"])
def test_a_database_that_can_not_be_used_any_more_is_named_with_what_sqlite_says(sqlite_says, client, tracking):
    """Its file is there, and its disk not read-only."""
    client.create_run("0")
    explained = server_errors.explain(MlflowException(f"(sqlite3.OperationalError) {sqlite_says}\n[SQL: UPDATE runs"))
    assert str(explained) == (
        f"the tracking database sqlite:///{tracking} can't be used: {sqlite_says}: see that its disk works and that "
        "the file and its folder can be written to, and start again"
    )
    assert isinstance(explained, StepError)
    assert explained.exit_code == 1


def test_a_folder_of_artifacts_in_whose_place_is_a_file_is_named(client, tmp_path):
    """Whatever hinders MLflow there is told in a sentence, with the path."""
    root = tmp_path / "artifacts"
    run_id = client.create_run(client.create_experiment("elsewhere", str(root))).info.run_id
    root.touch()
    with pytest.raises(NotADirectoryError) as caught:
        client.log_text(run_id, "text", "file.txt")
    assert str(server_errors.explain(caught.value)).startswith(f"can't write '{root}")
