"""How long MLflow tries to reach a server."""

import os

import pytest

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
