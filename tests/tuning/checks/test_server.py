import http.server
import socket
import threading

import mlflow
import pytest

from steps.errors import StepError
from steps.tuning.checks import server
from tests.e2e.tools import free_port
from tests.waits import promised, until

MAJOR, MINOR = (int(part) for part in mlflow.__version__.split(".")[:2])


@pytest.fixture
def at(monkeypatch):
    """Check the server at a URI."""

    def check(uri):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        return server.check()

    return check


@pytest.fixture
def proxy():
    """A server that answers every request with the status of its list."""
    status: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.02,)).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", status
        serving.shutdown()


def refused(check, uri):
    """The one problem for which a server is refused, told in less than three seconds."""
    with promised(3), pytest.raises(StepError) as caught:
        check(uri)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


@pytest.mark.parametrize("uri", ["sqlite:////no/such.db", "databricks", "postgresql://host/db"])
def test_what_is_no_server_is_not_asked(at, uri):
    """A database, or a managed server, has no version to ask for."""
    assert at(uri) is None


@pytest.mark.parametrize("version", [f"{MAJOR}.{MINOR}.0", f"{MAJOR}.{MINOR}.0\n", f"{MAJOR}.{MINOR + 1}.2rc1"])
def test_a_server_as_new_as_the_client_is_taken(at, web, version):
    """The same version, and a newer one, are fine; one request tells."""
    web.files["/version"] = version.encode()
    assert at(web.url) is None
    assert web.asked == ["/version"]


def test_the_server_may_live_below_a_path(at, web):
    """With a prefix in its address, its version is below that too."""
    web.files["/mlflow/version"] = f"{MAJOR - 1}.0.0".encode()
    assert "older" in refused(at, f"{web.url}/mlflow/")


@pytest.mark.parametrize("version", [f"{MAJOR - 1}.22.4", "1.30.0"])
def test_a_server_of_an_older_major_version_is_refused(at, web, version):
    """Both versions are named, and what to do."""
    web.files["/version"] = version.encode()
    problem = refused(at, web.url)
    for part in (web.url, f"MLflow {version}", mlflow.__version__, f"must be {MAJOR}.0 or newer", "pip install mlflow"):
        assert part in problem


def test_a_server_of_an_older_minor_version_is_told(at, web):
    """It may lack requests that a study never makes: that is no reason to refuse it."""
    web.files["/version"] = f"{MAJOR}.{MINOR - 1}.0".encode()
    note = at(web.url)
    assert f"is MLflow {MAJOR}.{MINOR - 1}.0, older than this client" in note
    assert "\n" not in note


@pytest.mark.parametrize("answer", [b"<html>log in</html>", b"", b"OK", None])
def test_a_server_that_does_not_say_its_version_is_taken_as_it_is(at, web, answer):
    """A page of a proxy's, or none, is an answer all the same."""
    if answer is not None:
        web.files["/version"] = answer
    assert at(web.url) is None


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_server_that_refuses_to_say_its_version_is_taken_as_it_is(at, proxy, status):
    """A status that is an answer of the server's own is left to what asks for more than a version."""
    uri, answers = proxy
    answers.append(status)
    assert at(uri) is None


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_its_server_is_refused(at, proxy, status):
    """What a proxy says in place of a server that is down is told."""
    uri, answers = proxy
    answers.append(status)
    assert f"HTTP status {status}" in refused(at, uri)


def test_a_port_that_nobody_listens_on_is_refused(at):
    """Nobody there: the address, the reason and the command that starts a server there."""
    port = free_port()
    problem = refused(at, f"http://127.0.0.1:{port}")
    assert problem.startswith(f"MLFLOW_TRACKING_URI 'http://127.0.0.1:{port}': ")
    assert "onnection refused" in problem
    assert f"mlflow server --port {port}" in problem


@pytest.fixture
def patience(monkeypatch):
    """A busy server is waited for a little only."""
    monkeypatch.setattr(server, "BUSY_S", server.ANSWER_S + 0.3)
    return f"no answer within {server.BUSY_S:g} s"


@pytest.mark.e2e
def test_a_server_that_never_answers_is_refused_in_time(at, patience, capsys):
    """One that takes the request and says nothing: that it is waited for is told."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert patience in refused(at, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "is slow to answer: waiting, 2 s at most" in capsys.readouterr().err


@pytest.mark.e2e
def test_a_server_that_is_slow_to_answer_is_waited_for(at, capsys):
    """On a busy machine an answer takes seconds; it is one all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer_late():
            connection, _ = listening.accept()
            until(lambda: "slow to answer" in capsys.readouterr().err, 60, "the note")
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n99.0.0")

        serving = threading.Thread(target=answer_late)
        serving.start()
        assert at(f"http://127.0.0.1:{listening.getsockname()[1]}") is None
        serving.join()


@pytest.mark.e2e
def test_an_answer_that_trickles_is_refused_in_time(at, patience):
    """One whose bytes come one by one, each in time, and never end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while not ended.wait(0.2):
                    connection.sendall(b"3")

        serving = threading.Thread(target=trickle)
        serving.start()
        try:
            assert patience in refused(at, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            ended.set()
            serving.join()


@pytest.mark.parametrize("uri", ["http://no-such-host.invalid", "http://", "http://host:port"])
def test_an_address_that_is_none_is_refused(at, uri):
    """A name that nobody knows, and what is no address, are told in one line too."""
    assert "no tracking server can be reached there" in refused(at, uri)


def test_a_password_in_the_address_is_not_told(at):
    """It goes to the server, and nowhere else."""
    assert "secret" not in refused(at, f"http://me:secret@127.0.0.1:{free_port()}")
    assert "secret" not in refused(at, "http://me:secret@host:port")
