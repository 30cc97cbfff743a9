"""A tracking server behind a gate that takes a token, which expires in the midst of a study."""

import http.client
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.server import Server
from tests.e2e.tools import Place, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e

TOKEN = "SESAME"
_DROPPED = ("transfer-encoding", "connection", "content-length", "date", "server")


@dataclass
class Gate:
    """Lets requests with a token that has not expired through to a server."""

    server: Server
    expired: bool = False

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer a request: what the server says, or 401."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        status, headers, content = 401, [], b"the token has expired"
        if not self.expired and request.headers.get("Authorization") == f"Bearer {TOKEN}":
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
            kept = {name: value for name, value in request.headers.items() if name.lower() not in _DROPPED}
            connection.request(request.command, request.path, body, {**kept, "Host": f"127.0.0.1:{self.server.port}"})
            answer = connection.getresponse()
            status, headers, content = answer.status, answer.getheaders(), answer.read()
            connection.close()
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in _DROPPED:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


@pytest.fixture
def gate(new_place: Callable[..., Place]) -> Iterator[Gate]:
    """A gate in front of a real server; studies of its place are sent to the gate."""
    gate = Gate(Server(new_place()))
    gate.server.start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            gate.answer(self)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        gate.server.place.extra |= {
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{listening.server_address[1]}",
            "MLFLOW_TRACKING_TOKEN": TOKEN,
        }
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        yield gate
        listening.shutdown()
        thread.join()
    gate.server.kill()


def test_a_token_that_expires_ends_the_study_in_one_sentence(gate: Gate) -> None:
    """Exit code 2 and one line that names the variables, not the token; no process is left."""
    place = gate.server.place
    process = place.start(
        place.step_command("steps.tune", space="knn", folds=1, n_trials=1000, jobs=2, study="mine"), cwd=ROOT
    )
    output = place.folder / "output.txt"

    def some_ended() -> bool:
        assert process.poll() is None, output.read_text()
        return len(place.client.search_runs(["0"], "tags.`tuning.state` = 'COMPLETE'")) >= 3

    until(some_ended, 300, "3 trials ended")
    gate.expired = True
    assert process.wait(timeout=300) == 2, output.read_text()
    lines = [line for line in output.read_text().splitlines() if line.startswith("tune: the tracking server")]
    assert len(lines) == 1
    assert "refuses this user: error 401: the token has expired; " in lines[0]
    assert "MLFLOW_TRACKING_TOKEN" in lines[0]
    assert "Traceback" not in output.read_text()
    assert TOKEN not in output.read_text()
    place.all_gone()
