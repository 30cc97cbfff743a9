"""Check the tracking server before anything depends on it: that it answers, and is as new as the client."""

import re
import socket
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import mlflow
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_TIMEOUT
from mlflow.exceptions import MlflowException

# Both are MLflow's own and not documented: a request of ours must have the certificates and tokens of MLflow's.
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from steps.errors import Unreachable, WrongValue
from steps.project import secrets
from steps.tracking import server_errors, way_to_server

# Seconds that the server may take to answer. MLflow's own requests are repeated for minutes.
ANSWER_S = 1.7
# The same for one that has taken a connection: it is there, on a machine that has much to do. A user who has given
# MLflow's requests less time (MLFLOW_HTTP_REQUEST_TIMEOUT) waits no longer than that.
BUSY_S = 20.0
# HTTP status of a proxy whose server is not there.
_NOT_THERE = (502, 503, 504)
_VERSION = re.compile(r"(\d+)\.(\d+)(\.\w+)*")


def check() -> str | None:
    """Ask the tracking server, if there is one, for its version; return a warning about it, None if all is well.

    Raises Unreachable if it does not answer. Raises WrongValue if its major version is older than the client's: whole
    parts of the interface are missing there (a model that is logged to MLflow 2.22 is a 404). An older minor version
    is a warning: it lacks single requests, which a study may never make (MLflow 3.5 has all that this project needs).
    A server that does not tell its version, such as a managed one or one behind a proxy, is taken as it is.
    """
    uri = mlflow.get_tracking_uri()
    if not uri.startswith(("http://", "https://")):
        return None
    status, text = _ask(uri)
    shown = secrets.hidden(uri)
    if status in _NOT_THERE:
        raise Unreachable(_unreachable(shown, f"it answers with HTTP status {status}"))
    server, client = _VERSION.fullmatch(text.strip()), _VERSION.match(mlflow.__version__)
    if status != 200 or server is None or client is None:
        return None
    theirs, ours = (int(server[1]), int(server[2])), (int(client[1]), int(client[2]))
    if theirs >= ours:
        return None
    problem = (
        f"the tracking server {shown} is MLflow {server[0]}, older than this client, {client.string}: {{}}update the "
        f"server (`pip install mlflow=={client.string}` there, and `mlflow db upgrade` of its database)"
    )
    if theirs[0] < ours[0]:
        raise WrongValue(problem.format(f"must be {ours[0]}.0 or newer; "))
    return problem.format("what it does not know yet would fail; ")


def _ask(uri: str) -> tuple[int, str]:
    """Send one request as MLflow does; return status and text of the answer.

    It is sent in a thread: requests' own time limit holds neither for the look-up of a host's name nor for an answer
    that comes byte by byte.
    """
    busy_s = max(ANSWER_S, min(BUSY_S, float(MLFLOW_HTTP_REQUEST_TIMEOUT.get())))
    answers: list[tuple[int, str] | Exception] = []
    is_there = threading.Event()

    def ask() -> None:
        try:
            creds = get_default_host_creds(uri)
            answer = http_request(
                creds,
                "/version",
                "GET",
                max_retries=0,
                timeout=busy_s,
                raise_on_status=False,
                extra_headers={"Connection": "close"},  # the only request on it
            )
            answers.append((answer.status_code, answer.text))
        except Exception as error:  # the main thread raises what it means
            answers.append(error)

    def knock() -> None:
        parts = urlsplit(uri)
        with suppress(OSError, ValueError):  # a proxy may reach what we don't
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            socket.create_connection((parts.hostname or "", port), ANSWER_S).close()
            is_there.set()

    asking = threading.Thread(target=ask, name="preflight", daemon=True)
    asking.start()
    asking.join(ANSWER_S / 2)
    if asking.is_alive():
        threading.Thread(target=knock, name="preflight", daemon=True).start()
        asking.join(ANSWER_S / 2)
    limit_s = ANSWER_S
    if busy_s > ANSWER_S and asking.is_alive() and is_there.is_set():
        shown = secrets.hidden(uri)
        print(f"tune: the tracking server {shown} is slow to answer: waiting, {busy_s:g} s at most", file=sys.stderr)
        limit_s = busy_s
        asking.join(busy_s - ANSWER_S)
    answer = answers[0] if answers else TimeoutError("timed out")
    if isinstance(answer, Exception):
        if explained := way_to_server.explain(_text(answer), uri):
            raise explained from answer
        raise Unreachable(_unreachable(secrets.hidden(uri), _reason(answer, limit_s))) from answer
    return answer


def _text(error: Exception) -> str:
    return "\n".join(f"{type(inner).__name__}: {inner}" for inner in server_errors.causes(error))


def _unreachable(shown: str, reason: str) -> str:
    port = None
    with suppress(ValueError):  # not a number
        port = urlsplit(shown).port
    return (
        f"MLFLOW_TRACKING_URI {shown!r}: no tracking server can be reached there: {reason}; start it (`mlflow server"
        f"{f' --port {port}' if port else ''}`), or give the address of one that runs, or of a database, as "
        '"sqlite:///$PWD/mlflow.db"'
    )


def _reason(error: Exception, limit_s: float) -> str:
    """Say in a few words why there was no answer."""
    text = str(error)
    if isinstance(error, TimeoutError) or "timed out" in text or "timeout" in text:
        return f"no answer within {limit_s:g} s"
    for reason in ("Connection refused", "Name or service not known", "certificate verify failed", "Invalid url"):
        if reason in text:
            return reason[0].lower() + reason[1:]
    lines = text.strip().splitlines() if isinstance(error, MlflowException) else [repr(error)]
    return secrets.hidden(lines[0]) if lines else type(error).__name__
