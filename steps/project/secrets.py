"""A password inside a URI: MLflow has recorded it before any step exists, so it is refused, never repeated."""

import re
from urllib.parse import parse_qsl

from steps.errors import WrongValue

# What a URI's scheme says before its path, as `scheme://` or `scheme:/`.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):/", re.IGNORECASE)
# `user:password@`, where the password may hold a slash; a port is none.
_USER_AND_PASSWORD = re.compile(r"[^:]+://[^/?#@:]*:(?!\d+(/|$))[^?#]*@")
# A token may stand where a user's name does; elsewhere than on the web a name there is often a container's.
_USER = re.compile(r"https?://[^/?#]*@", re.IGNORECASE)
# Endings of the keys of a query, without `-` and `_`.
_SECRET_KEYS = (
    "password", "passwd", "passphrase", "pwd", "token", "apikey", "accesskey", "secret", "secretkey", "sig",
    "signature", "credential", "credentials",
)  # fmt: skip
# The same inside a longer text: what stands before the @, and the value of a query's key.
_BEFORE_AT = re.compile(r"(?<=://)(?:[^/?#@:\s]*:(?!\d+(?:/|\s|$))[^?#\s]*|[^/?#@:\s]*)@")
_IN_QUERY = re.compile(r"(?<=[?&#;])([^=?&#;\s]+)=[^&#;\s'\")]+")
_TRACKING = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
_AZURE = "AZURE_STORAGE_CONNECTION_STRING"
_NETRC = "a netrc file that NETRC names"
# Where MLflow looks for what a scheme needs.
_INSTEAD = {
    "http": _NETRC,
    "https": _NETRC,
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "wasb": _AZURE,
    "wasbs": _AZURE,
    "mlflow-artifacts": _TRACKING,
    "runs": _TRACKING,
    "models": _TRACKING,
}


def scheme(text: str) -> str | None:
    """Return the scheme of a URI, in lower case; None for what is no URI.

    >>> scheme("s3://bucket/table.csv"), scheme("runs:/1f0/table.csv"), scheme("C:/table.csv"), scheme("table.csv")
    ('s3', 'runs', None, None)
    """
    found = _SCHEME.match(text)
    return found[1].lower() if found else None


def refuse(data: str, run_id: str | None) -> None:
    """Raise WrongValue where `data` is a URI with a password; `run_id` is the run that MLflow has recorded it in."""
    kind = scheme(data)
    place = _place(data) if kind else None
    if place is None:
        return
    recorded = (
        f"MLflow has recorded it in run {run_id}, so change it and delete that run"
        if run_id
        else "it has not been recorded yet"
    )
    instead = _INSTEAD.get(str(kind), f"the environment variables that MLflow reads for {kind}://")
    raise WrongValue(f"--data: the URI holds a secret {place}; {recorded}; give the URI without it, and use {instead}")


def hidden(text: str) -> str:
    """Return a text whose URIs have no user, no password and no token: for messages.

    >>> hidden("can't open postgresql://me:secret@host:5432/db?sslmode=off&password=secret")
    "can't open postgresql://host:5432/db?sslmode=off&password=***"
    """
    without = _BEFORE_AT.sub("", text)
    return _IN_QUERY.sub(lambda found: f"{found[1]}=***" if _is_secret(found[1]) else found[0], without)


def _is_secret(key: str) -> bool:
    return re.sub(r"[-_]", "", key).lower().endswith(_SECRET_KEYS)


def _place(uri: str) -> str | None:
    if _USER_AND_PASSWORD.match(uri):
        return "before the @"
    if _USER.match(uri):
        return "before the @, where a user name is one too"
    for key, _ in parse_qsl(re.sub(r"^[^?#]*[?#]?", "", uri).replace("#", "&"), keep_blank_values=True):
        if _is_secret(key):
            return f"in its query key {key!r}"
    return None
