"""How long the tracking server may be away before a study gives it up, and what is said then."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from steps.errors import ServerLost, Unreachable

_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"
# MLflow waits 0, 4, 8, 16, 32, 64, 120, 120 s before its tries: six minutes. (Its own default, 7, is just over four.)
_TRIES = 8
_LAST_TIMEOUT_S = 2


def ride_out() -> None:
    """Let MLflow, in this process and in those that it starts, try again for minutes; what the user has set stands."""
    os.environ.setdefault(_RETRIES, str(_TRIES))


def give_up() -> None:
    """Let MLflow try only once, and briefly, from now on: so that a study without a server comes to its end."""
    os.environ |= {_RETRIES: "0", _TIMEOUT: str(_LAST_TIMEOUT_S)}


def is_outage(error: Exception) -> bool:
    """Tell whether an error is that the tracking server does not answer."""
    from steps.tracking import server_errors  # it imports MLflow, and this module is here before that

    return isinstance(server_errors.explain(error), Unreachable)


@contextmanager
def survived(study: str) -> Iterator[None]:
    """Turn the error that the tracking server did not come back into what a person can do about it."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            from steps.tracking import server_errors

            raise ServerLost(
                f"the tracking server {server_errors.where()} did not come back; nothing that it was told is "
                f"lost: the same command with --study {study!r} goes on"
            ) from error
        raise
