"""Answers of a tracking server that break off."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.request_utils import TCPKeepAliveHTTPAdapter
from requests import Session
from requests.exceptions import ChunkedEncodingError

from steps.names import Variable
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
def server() -> Iterator[Breaking]:
    """A tracking server on loopback."""
    with Breaking() as breaking:
        thread = Thread(target=breaking.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield breaking
        breaking.shutdown()
        thread.join()


@pytest.fixture
def unpatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow as it is installed; what a test patches is undone."""
    monkeypatch.setattr(TCPKeepAliveHTTPAdapter, "send", mlflow._send)


@pytest.mark.parametrize(
    ("broken", "retries", "asked"),
    [(0, 3, 1), (1, 3, 2), (3, 3, 4), (4, 3, None), (1, 0, None)],
)
@pytest.mark.parametrize("patches", ["on", "off"])
def test_an_answer_that_breaks_off_is_asked_for_again(
    broken: int,
    retries: int,
    asked: int | None,
    patches: str,
    server: Breaking,
    unpatched: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As often as MLflow repeats a request, and no more often, whatever TUNING_PATCHES says of patches of speed.

    `asked` is None where that is not enough.
    """
    monkeypatch.setenv(Variable.PATCHES, patches)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", str(retries))
    mlflow.resend_broken_answers()
    server.to_break = broken
    client = MlflowClient(f"http://127.0.0.1:{server.server_port}")
    if asked is None:
        with pytest.raises(MlflowException, match="IncompleteRead"):
            client.get_experiment("0")
        assert server.asked == retries + 1
    else:
        assert client.get_experiment("0").name == "Default"
        assert server.asked == asked


def test_mlflow_itself_asks_only_once(server: Breaking, unpatched: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for the patch: once MLflow repeats such a request by itself, the patch can go."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    server.to_break = 1
    with pytest.raises(MlflowException, match="IncompleteRead"):
        MlflowClient(f"http://127.0.0.1:{server.server_port}").get_experiment("0")
    assert server.asked == 1


def test_a_streamed_answer_is_left_to_its_reader(server: Breaking, unpatched: None) -> None:
    """It may be large, such as a model: nothing reads it beforehand, and nothing asks again."""
    mlflow.resend_broken_answers()
    server.to_break = 1
    with Session() as session:
        session.mount("http://", TCPKeepAliveHTTPAdapter(max_retries=3))
        response = session.get(f"http://127.0.0.1:{server.server_port}", stream=True)
        with pytest.raises(ChunkedEncodingError):
            _ = response.content
    assert server.asked == 1
