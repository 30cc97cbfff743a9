"""How long MLflow tries to reach a server."""

import os
import signal

import pytest

from steps.errors import Interrupted
from steps.tracking import outage

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


@pytest.mark.parametrize(("preset", "retries"), [(None, "8"), ("3", "3")])
def test_what_the_user_has_set_stands(preset: str | None, retries: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own patience is raised, unless it was set."""
    monkeypatch.setenv(RETRIES, preset or "")  # so that all is undone
    if preset is None:
        del os.environ[RETRIES]
    outage.retry_for_minutes()
    assert os.environ[RETRIES] == retries


def test_mlflow_retries_for_more_than_four_minutes() -> None:
    """MLflow's waits between its tries add up to more than four minutes."""
    from urllib3.util import Retry

    retry, waited = Retry(total=outage._TRIES, backoff_factor=2), 0.0
    for _ in range(outage._TRIES):
        retry = retry.increment("GET", "/", error=ConnectionError())
        waited += retry.get_backoff_time()
    assert waited > 4 * 60


def test_after_an_interrupt_nothing_waits_for_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is passed on, and what is still to be written is tried once."""
    for name in (RETRIES, outage._TIMEOUT):
        monkeypatch.setenv(name, "120")  # so that all is undone
    with pytest.raises(Interrupted), outage.raised_as_server_lost("mine"):
        raise Interrupted(signal.SIGINT)
    assert os.environ[RETRIES] == "0"
