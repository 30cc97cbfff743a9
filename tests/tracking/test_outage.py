"""How long MLflow tries to reach a server."""

import os

import pytest

from steps.tracking import outage

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


@pytest.mark.parametrize(("given", "stands"), [(None, "8"), ("3", "3")])
def test_what_the_user_has_set_stands(given: str | None, stands: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own patience is raised, unless it was set."""
    monkeypatch.setenv(RETRIES, given or "")  # so that all is undone
    if given is None:
        del os.environ[RETRIES]
    outage.ride_out()
    assert os.environ[RETRIES] == stands


def test_four_minutes_are_ridden_out() -> None:
    """MLflow's waits between its tries add up to more than four minutes."""
    from urllib3.util import Retry

    retry, waited = Retry(total=outage._TRIES, backoff_factor=2), 0.0
    for _ in range(outage._TRIES):
        retry = retry.increment("GET", "/", error=ConnectionError())
        waited += retry.get_backoff_time()
    assert waited > 4 * 60
