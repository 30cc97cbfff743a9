"""The tracking database, opened before the forks: they find it open in memory, and share no connection."""

import os
import socket
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.backends.warm import sql_store


def connections(database: str) -> int:
    """How many descriptors of this process lead to a database."""
    links = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(link.readlink()))
        except OSError:  # the one of this very listing
            continue
    return sum(link.startswith(database) for link in links)


def test_the_store_is_kept_and_its_connections_are_not(client: MlflowClient) -> None:
    """A fork that used a connection of another process would harm the database."""
    run_id, uri = client.create_run("0").info.run_id, mlflow.get_tracking_uri()
    database = uri.partition(":///")[2]
    assert connections(database) > 0
    sql_store.open_for_forks(uri, run_id)
    assert connections(database) == 0
    pid = os.fork()
    if pid == 0:
        client.log_metric(run_id, "loss", 1.0)
        os._exit(0)
    assert os.waitpid(pid, 0) == (pid, 0)
    client.log_metric(run_id, "other", 2.0)
    assert client.get_run(run_id).data.metrics == {"loss": 1.0, "other": 2.0}


@pytest.mark.parametrize("run_id", ["", "0" * 32])
def test_a_run_that_is_not_there_is_no_error(client: MlflowClient, run_id: str) -> None:
    """The trial meets the error too, and says it."""
    uri = mlflow.get_tracking_uri()
    sql_store.open_for_forks(uri, run_id)
    assert client.search_experiments()


def test_a_server_is_left_alone() -> None:
    """A connection that is kept must not cross a fork."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        sql_store.open_for_forks(address, "0")
        with pytest.raises(BlockingIOError):
            listening.accept()
    sql_store.open_for_forks("", "")
