"""A tracking database that is served on loopback."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.errors import StepError
from steps.process.signals import Interrupts
from steps.tracking import served_store


@pytest.mark.parametrize(
    ("uri", "version", "needed"),
    [
        ("sqlite:////tmp/x.db", "2.22.1", True),
        ("sqlite:////tmp/x.db", None, True),
        ("postgresql://host/db", "2.22.1", True),
        ("sqlite:////tmp/x.db", mlflow.__version__, False),
        ("http://127.0.0.1:5000", "2.22.1", False),
        ("https://host/mlflow", None, False),
        ("databricks", None, False),
    ],
)
def test_a_server_is_needed_for_a_database_and_another_release(monkeypatch, uri, version, needed):
    """mlflow-skinny, which has no whole release, can't open one at all."""
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: uri)
    assert served_store.is_needed(version) == needed


def test_what_a_trial_has_printed_is_kept_without_the_secret():
    """A link to its run is MLflow's own habit; other addresses stay as they are."""
    printed = "View run at: http://127.0.0.1:47329/wTqfcqg8vuxT0dXIQPsFteKtw_kO75kw/#/experiments/0/runs/1"
    assert served_store.without_secret(printed) == "View run at: http://127.0.0.1:47329/***/#/experiments/0/runs/1"
    for other in (
        "http://127.0.0.1:5000/#/experiments/0",
        f"http://host:1/{'a' * 32}/",
        f"http://127.0.0.1:1/{'a' * 33}",
    ):
        assert served_store.without_secret(other) == other


# What a server of MLflow's answers who asks it without a secret.
UNPROTECTED = (
    "/", "/health", "/version", "/graphql", "/metrics", "/get-artifact?path=x&run_uuid=x", "/v1/traces",
    "/api/2.0/mlflow/experiments/search?max_results=5", "/ajax-api/2.0/mlflow/experiments/search?max_results=5",
    "/api/2.0/mlflow-artifacts/artifacts/x", "/api/3.0/mlflow/server-info",
)  # fmt: skip


def status(host: str, path: str) -> int:
    with closing(HTTPConnection(host, timeout=20)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes().decode(errors="replace")


@pytest.mark.e2e
def test_what_is_in_the_database_is_served_until_the_end(client: MlflowClient, tmp_path: Path) -> None:
    """A run is there and here; afterwards nobody answers. A server that has ended is not waited for.

    It is for those who know its secret path, which no command line shows, nor the URI of the database.
    """
    run_id, waits = client.create_run("0").info.run_id, []
    with served_store.served(tmp_path / "log") as server:
        server.wait(Interrupts(), lambda: waits.append(1))
        assert waits
        MlflowClient(server.address).log_metric(run_id, "loss", 0.5)
        assert client.get_run(run_id).data.metrics == {"loss": 0.5}
        _, _, host, secret = server.address.split("/")
        assert secret not in served_store.without_secret(f"{server.address}/#/experiments/0")
        answers = {path: status(host, path) for path in UNPROTECTED}
        assert set(answers.values()) <= {404, 405, 503}, answers
        assert not [line for line in command_lines() if secret in line or str(tmp_path) in line]
    assert not served_store._answers(server.address)
    with served_store.served(tmp_path / "log") as server:
        os.killpg(server._process.pid, signal.SIGKILL)
        with pytest.raises(StepError, match="can't be served on http://127") as caught:
            server.wait(Interrupts(), lambda: None)
        assert server.address not in str(caught.value)
