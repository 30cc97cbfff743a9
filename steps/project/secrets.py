"""Passwords and tokens inside URIs: refused in `data`, and left out of messages.

MLflow has recorded a parameter before the step starts, so refusing can only tell the user what to delete.
"""

import re
from urllib.parse import parse_qsl

from steps.errors import WrongValue
from steps.parameters.option import option

# `scheme://` or `scheme:/` at the beginning. Two characters or more: `C:/` is a drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):/", re.IGNORECASE)
# `user:password@`; the password may have a slash, and a port is no password.
_USER_AND_PASSWORD = re.compile(r"[^:]+://[^/?#@:]*:(?!\d+(/|$))[^?#]*@")
# On the web a token may stand in the user's place; in other schemes a container's name often does.
_USER = re.compile(r"https?://[^/?#]*@", re.IGNORECASE)
# Endings of the keys of a query, without `-` and `_`.
_SECRET_KEYS = (
    "password", "passwd", "passphrase", "pwd", "token", "apikey", "accesskey", "secret", "secretkey", "sig",
    "signature", "credential", "credentials",
)  # fmt: skip
# The same inside a longer text: the part before the @, and the value of a query key.
_BEFORE_AT = re.compile(r"(?<=://)(?<!ssh://)(?:[^/?#@:\s]*:(?!\d+(?:/|\s|$))[^?#\s]*|[^/?#@:\s]*)@")
# ssh takes a login name there, without which nothing is found, and maybe a password.
_PASSWORD_OF_SSH = re.compile(r"(?<=ssh://)([^/?#@:\s]*):(?!\d+(?:/|\s|$))[^?#\s]*@")
_IN_QUERY = re.compile(r"(?<=[?&#;])([^=?&#;\s]+)=[^&#;\s'\")]+")
_TRACKING = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
_AZURE = "AZURE_STORAGE_CONNECTION_STRING"
_NETRC = "a netrc file that NETRC names"
# Where MLflow reads the credentials of a scheme.
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
    """Return the scheme of a URI, in lower case; None for any other text.

    >>> scheme("s3://bucket/table.csv"), scheme("runs:/1f0/table.csv"), scheme("C:/table.csv"), scheme("table.csv")
    ('s3', 'runs', None, None)
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def refuse(parameter: str, uri: str, run_id: str | None) -> None:
    """Raise WrongValue if a parameter is a URI with a secret.

    `run_id` is the run, if any, where MLflow has recorded it.
    """
    kind = scheme(uri)
    place = _place_of_secret(uri) if kind else None
    if place is None:
        return
    recorded = (
        f"MLflow has recorded it in run {run_id}, so change it and delete that run"
        if run_id
        else "it has not been recorded yet"
    )
    instead = _INSTEAD.get(str(kind), f"the environment variables that MLflow reads for {kind}://")
    if parameter == "project":
        instead = "git's credential helper"
    raise WrongValue(
        f"{option(parameter)}: the URI holds a secret {place}; {recorded}; give the URI without it, and use {instead}"
    )


def hidden(text: str) -> str:
    """Return a text without the users, passwords and tokens of its URIs, for messages; a login name of ssh's stays.

    >>> hidden("can't open postgresql://me:secret@host:5432/db?sslmode=off&password=secret")
    "can't open postgresql://host:5432/db?sslmode=off&password=***"
    """
    without = _PASSWORD_OF_SSH.sub(r"\1@", _BEFORE_AT.sub("", text))
    return _IN_QUERY.sub(lambda match: f"{match[1]}=***" if _is_secret(match[1]) else match[0], without)


def _is_secret(key: str) -> bool:
    return re.sub(r"[-_]", "", key).lower().endswith(_SECRET_KEYS)


def _place_of_secret(uri: str) -> str | None:
    if _USER_AND_PASSWORD.match(uri):
        return "before the @"
    if _USER.match(uri):
        return "before the @, where a user name is one too"
    for key, _ in parse_qsl(re.sub(r"^[^?#]*[?#]?", "", uri).replace("#", "&"), keep_blank_values=True):
        if _is_secret(key):
            return f"in its query key {key!r}"
    return None
