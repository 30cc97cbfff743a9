"""A tracking database that is served on loopback."""

import os
import signal
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


@pytest.mark.e2e
def test_what_is_in_the_database_is_served_until_the_end(client: MlflowClient, tmp_path: Path) -> None:
    """A run is there and here; afterwards nobody answers. A server that has ended is not waited for."""
    run_id = client.create_run("0").info.run_id
    with served_store.served(tmp_path / "log") as server:
        server.wait(Interrupts())
        MlflowClient(server.address).log_metric(run_id, "loss", 0.5)
        assert client.get_run(run_id).data.metrics == {"loss": 0.5}
    assert not served_store._answers(server.address)
    with served_store.served(tmp_path / "log") as server:
        os.killpg(server._process.pid, signal.SIGKILL)
        with pytest.raises(StepError, match="can't be served on http://127"):
            server.wait(Interrupts())
