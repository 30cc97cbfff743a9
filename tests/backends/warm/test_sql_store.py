"""The tracking database, opened before the forks: they find it open in memory, and share no connection."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.backends.warm import sql_store
from steps.project.environment import PROJECT
from tests import needs

# Prints how many connections to a database there are before and after, how a fork ended, and the metrics of the run.
BEFORE_FORKS = """
import json, os, sys
from mlflow import MlflowClient
from steps.backends.warm import sql_store

def connections():
    paths = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    return sum(path.startswith(sys.argv[1]) for path in paths)

uri = f"sqlite:///{sys.argv[1]}"
client = MlflowClient(uri)
run_id = client.create_run("0").info.run_id
counts = [connections()]
sql_store.open_for_forks(uri, run_id)
counts.append(connections())
pid = os.fork()
if pid == 0:
    MlflowClient(uri).log_metric(run_id, "loss", 1.0)
    os._exit(0)
ended = os.waitpid(pid, 0)[1]
client.log_metric(run_id, "other", 2.0)
print(json.dumps([counts, ended, client.get_run(run_id).data.metrics]))
"""


@needs.PROC
@pytest.mark.e2e
def test_the_store_is_kept_and_its_connections_are_not(tmp_path: Path) -> None:
    """A fork that used a connection of another process would harm the database."""
    words = [sys.executable, "-c", BEFORE_FORKS, str(tmp_path / "runs.db")]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    (before, after), ended, metrics = json.loads(done.stdout)
    assert (before > 0, after, ended) == (True, 0, 0)
    assert metrics == {"loss": 1.0, "other": 2.0}


@pytest.mark.parametrize("run_id", ["", "0" * 32])
def test_a_run_that_is_not_there_is_no_error(client: MlflowClient, run_id: str) -> None:
    """The trial meets the error too, and says it."""
    sql_store.open_for_forks(mlflow.get_tracking_uri(), run_id)
    assert client.search_experiments()


def test_a_server_is_left_alone() -> None:
    """A connection that is kept must not cross a fork."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        sql_store.open_for_forks(f"http://127.0.0.1:{listening.getsockname()[1]}", "0")
        with pytest.raises(BlockingIOError):
            listening.accept()
    sql_store.open_for_forks("", "")
