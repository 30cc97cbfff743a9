"""How long the tracking server may be away before a study gives it up."""

import os

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
