"""Tracking servers that can't be used."""

import json

from tests.inputs import states
from tests.inputs.rows import Row, State

_RUN = "0" * 32
_NO_MLFLOW = "the server {server} answers, but not as MLflow's does; name another in MLFLOW_TRACKING_URI"
_AWAY = "the tracking server {server} can't be used: "
_NOBODY = "MLFLOW_TRACKING_URI '{server}': no tracking server can be reached there: "
_REFUSED = "the tracking server {server} refuses this user: "
_RENEW = "; a token may have expired: renew MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and …"
# What this machine says of proxies does not count.
_NO_EXCEPTIONS = {"NO_PROXY": "", "no_proxy": "", "REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}
_TRIAL = {"refit": "false", "folds": "2", "estimator": "sklearn.dummy.DummyClassifier"}


def _json(status: int, **fields: str) -> State:
    return states.answering(status, json.dumps(fields), "application/json")


def _server(id: str, line: str, state: State, code: int, uri: str = "{server}", study: str = "") -> list[Row]:
    """Make rows of a step by hand, of a study under `mlflow run` (which may say it otherwise), and of a trial."""
    env = {"MLFLOW_TRACKING_URI": uri}
    if state is states.silent:
        env["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "1"
    under = {**env, "MLFLOW_RUN_ID": _RUN}
    return [
        Row(f"server-{id}-train", "train", line, env=env, state=state, code=code),
        Row(f"server-{id}-tune", "tune", study or line, env=under, state=state, code=code),
        Row(f"server-{id}-trial", "train", line, _TRIAL, env=under, state=state, code=code),
    ]


def _one(id: str, line: str, state: State, code: int, uri: str = "{server}") -> Row:
    return _server(id, line, state, code, uri)[0]


_NO_USER = "You are not authenticated. Please see https://mlflow.org/auth"

ROWS = [
    *_server("refused", _AWAY + "Connection refused", states.refused, 75, study=_NOBODY + "connection …"),
    *_server("silent", _AWAY + "it does not answer in time", states.silent, 75, study=_NOBODY + "no answer …"),
    *_server("500", _AWAY + "it answers with error 500", states.answering(500, "<html>oops</html>"), 75),
    _one("503", _AWAY + "it answers with error 503", states.answering(503, ""), 75),
    _one("429", _AWAY + "it answers with error 429", states.answering(429, "slowly"), 75),
    *_server("401", f"{_REFUSED}error 401: {_NO_USER}{_RENEW}", states.answering(401, _NO_USER), 2),
    _one("403", f"{_REFUSED}error 403: Forbidden{_RENEW}", states.answering(403, "Forbidden"), 2),
    _one(
        "token-expired",
        f"{_REFUSED}UNAUTHENTICATED: token expired{_RENEW}",
        _json(401, error_code="UNAUTHENTICATED", message="token expired"),
        2,
    ),
    _one(
        "permission-denied",
        f"{_REFUSED}PERMISSION_DENIED: Permission denied{_RENEW}",
        _json(403, error_code="PERMISSION_DENIED", message="Permission denied"),
        2,
    ),
    _one(
        "password-in-uri",
        f"the tracking server http://127.0.0.1:{{port}} refuses this user: error 401: {_NO_USER}{_RENEW}",
        states.answering(401, _NO_USER),
        2,
        "http://me:SESAME@127.0.0.1:{port}",
    ),
    *_server("html", _NO_MLFLOW, states.answering(200, "<html>\n<h1>It works!</h1>\n</html>"), 2),
    _one("404", _NO_MLFLOW, states.answering(404, "<html>nothing</html>"), 2),
    _one("redirects", _NO_MLFLOW, states.answering(302, "", Location="/login"), 2),
    _one("other-json", _NO_MLFLOW, _json(200, hello="you"), 2),
    _one("no-http", _NO_MLFLOW, states.no_http, 2),
    _one(
        "no-https",
        "the tracking server https://127.0.0.1:{port}: no https: WRONG_VERSION_NUMBER; name it by http:// where …",
        states.answering(200, ""),
        2,
        "https://127.0.0.1:{port}",
    ),
    _one(
        "other-host",
        "the tracking server {server} answers no request for the host '127.0.0.1:{port}': name it by a host that it …",
        states.answering(403, "Invalid Host header - possible DNS rebinding attack detected", "text/plain"),
        2,
    ),
    *[
        Row(
            f"server-proxy-refuses-{step}",
            step,
            "the proxy http://127.0.0.1:1 of http_proxy (NO_PROXY=127.0.0.1 goes past it) can't be used: Connection …",
            env={"MLFLOW_TRACKING_URI": "{server}", "http_proxy": "http://127.0.0.1:1", **_NO_EXCEPTIONS},
            state=states.refused,
            code=75,
        )
        for step in ("train", "tune")
    ],
    Row(
        "server-proxy-wants-a-password",
        "train",
        "the proxy {server} of http_proxy (NO_PROXY=host.invalid goes past it) refuses to connect to …: error 407",
        env={"MLFLOW_TRACKING_URI": "http://host.invalid", "http_proxy": "{server}", **_NO_EXCEPTIONS},
        state=states.answering(407, "who are you?"),
    ),
    *[
        Row(
            f"server-no-ca-{step}",
            step,
            f"{variable} '/nonexistent': no such file: /nonexistent; must be a file of certificates in PEM …",
            env={"MLFLOW_TRACKING_URI": "https://127.0.0.1:1", **_NO_EXCEPTIONS, variable: "/nonexistent"},
        )
        for step, variable in (("train", "MLFLOW_TRACKING_SERVER_CERT_PATH"), ("tune", "REQUESTS_CA_BUNDLE"))
    ],
    Row(
        "server-broken-ca",
        "train",
        "REQUESTS_CA_BUNDLE '{folder}/ca.pem': has no certificate in PEM format; must be …",
        env={
            "MLFLOW_TRACKING_URI": "https://127.0.0.1:{port}",
            **_NO_EXCEPTIONS,
            "REQUESTS_CA_BUNDLE": "{folder}/ca.pem",
        },
        files={"ca.pem": "no certificate"},
        state=states.answering(200, ""),
    ),
    Row(
        "server-tls-twice",
        "train",
        "MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH: only one of them may be set",
        env={
            "MLFLOW_TRACKING_URI": "https://127.0.0.1:1",
            "MLFLOW_TRACKING_INSECURE_TLS": "true",
            "MLFLOW_TRACKING_SERVER_CERT_PATH": "/etc/hosts",
        },
    ),
    Row(
        "server-sigv4",
        "train",
        "MLFLOW_TRACKING_AWS_SIGV4: needs requests-auth-aws-sigv4; add it to the pip list of conda.yaml",
        env={"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_TRACKING_AWS_SIGV4": "true"},
    ),
    Row(
        "server-too-many-retries",
        "train",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES '50': MLflow takes no such value: The configured max_retries …",
        env={"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "50"},
    ),
    Row(
        "server-no-time",
        "train",
        "MLFLOW_HTTP_REQUEST_TIMEOUT '0': MLflow takes no such value: Attempted to set connect timeout to 0, …",
        env={"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "0"},
    ),
    Row(
        "server-no-host",
        "train",
        "the tracking server http://host.invalid can't be used: there is no host host.invalid",
        env={"MLFLOW_TRACKING_URI": "http://host.invalid"},
        code=75,
    ),
]
