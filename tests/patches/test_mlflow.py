"""Answers of a tracking server that break off."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter

from steps.patches import mlflow

EXPERIMENT = {"experiment": {"experiment_id": "0", "name": "Default", "lifecycle_stage": "active"}}


class Breaking(ThreadingHTTPServer):
    """Breaks off so many of its answers, each behind its head, before it gives whole ones."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.to_break, self.asked = 0, 0


class _Handler(BaseHTTPRequestHandler):
    server: Breaking

    def do_GET(self) -> None:
        self.server.asked += 1
        body = json.dumps(EXPERIMENT).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.server.asked > self.server.to_break else body[:5])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Breaking]:
    monkeypatch.setattr(TCPKeepAliveHTTPAdapter, "send", TCPKeepAliveHTTPAdapter.send)  # so that all is undone
    mlflow.resend_broken_answers()
    with Breaking() as found:
        thread = Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("broken", "retries", "asked"),
    [(0, 3, 1), (1, 3, 2), (3, 3, 4), (4, 3, None), (1, 0, None)],
)
def test_an_answer_that_breaks_off_is_asked_for_again(
    broken: int, retries: int, asked: int | None, server: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as MLflow repeats a request, and no more often; `asked` is None where that is not enough."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", str(retries))
    server.to_break = broken
    client = MlflowClient(f"http://127.0.0.1:{server.server_port}")
    if asked is None:
        with pytest.raises(MlflowException, match="IncompleteRead"):
            client.get_experiment("0")
        assert server.asked == retries + 1
    else:
        assert client.get_experiment("0").name == "Default"
        assert server.asked == asked
