"""How long MLflow tries to reach a tracking server that is away, and the error when it has given up."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from steps.errors import Interrupted, ServerLost, Unreachable
from steps.parameters.option import option

_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"
# MLflow waits 0, 4, 8, 16, 32, 64, 120, 120 s before its tries: six minutes. (Its own default, 7, is just over four.)
_TRIES = 8
_LAST_TIMEOUT_S = 2


def retry_for_minutes() -> None:
    """Have MLflow retry for six minutes, here and in the processes started from here; what the user has set stands."""
    os.environ.setdefault(_RETRIES, str(_TRIES))


def give_up() -> None:
    """Have MLflow try once from now on, for 2 s at most, so that a study whose server is away ends soon."""
    os.environ |= {_RETRIES: "0", _TIMEOUT: str(_LAST_TIMEOUT_S)}


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that the tracking server does not answer.

    An interrupt does: a study is called away only from what keeps it waiting (see `steps.process.signals`).
    """
    if isinstance(error, Interrupted):
        return True
    from steps.tracking import server_errors  # imports MLflow, and `tune` imports this module before that

    return isinstance(server_errors.explain(error), Unreachable)


@contextmanager
def raised_as_server_lost(study: str) -> Iterator[None]:
    """Raise ServerLost, which says how the study can go on, for any error that means an outage.

    After an interrupt, which is passed on, nothing waits for the server any more.
    """
    try:
        yield
    except Interrupted:
        give_up()
        raise
    except Exception as error:
        if is_outage(error):
            from steps.tracking import server_errors

            raise ServerLost(
                f"the tracking server {server_errors.where()} did not come back; nothing that it was told is "
                f"lost: the same command with {option('study', study)} goes on"
            ) from error
        raise
