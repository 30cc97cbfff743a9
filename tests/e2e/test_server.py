"""A study on a tracking server that goes away in its midst."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.server import Server
from tests.e2e.tools import Place
from tests.host import ROOT
from tests.waits import promised, until

pytestmark = pytest.mark.e2e

STUDY: dict[str, Any] = {"data": "iris", "space": "knn", "folds": 1, "n_trials": 30, "jobs": 2}
# Long enough for requests of the driver and of children to fail, and to be tried again.
AWAY_S = 5.0


@pytest.fixture(scope="module")
def one_server(new_place: Callable[..., Place]) -> Iterator[Server]:
    server = Server(new_place())
    yield server
    server.kill()


@pytest.fixture
def server(one_server: Server) -> Server:
    """A server that answers; each test's study has another name."""
    if not one_server.answers():
        one_server.start()
    return one_server


def started(place: Place, study: str, trials: int, **parameters: object) -> Any:
    """Start a study and wait until some of its trials have ended."""
    process = place.start(place.step_command("steps.tune", **{**STUDY, "study": study, **parameters}), cwd=ROOT)
    ended = f"tags.`tuning.state` = 'COMPLETE' AND tags.`tuning.study` = '{study}'"

    def enough() -> bool:
        assert process.poll() is None, (place.folder / "output.txt").read_text()
        return len(place.client.search_runs(["0"], ended)) >= trials

    until(enough, 300, f"{trials} trials ended")
    return process


def test_a_server_that_comes_back_loses_nothing(server: Server) -> None:
    """Killed in mid-study and started again: the study waits, goes on, and every trial is there once."""
    place = server.place
    process = started(place, "patient", 4)
    server.kill()
    time.sleep(AWAY_S)  # the outage itself
    server.start()
    assert process.wait(timeout=600) == 0, (place.folder / "output.txt").read_text()
    study = place.named("patient")
    assert [int(run.data.tags["tuning.trial"]) for run in study.trials] == list(range(STUDY["n_trials"]))
    assert {run.data.tags["tuning.state"] for run in study.trials} == {"COMPLETE"}
    assert not [run for run in place.client.search_runs(["0"]) if run.info.status == "RUNNING"]


@pytest.mark.slow
def test_a_server_that_stays_away_ends_the_study(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as by SIGTERM and says so; what the server had been told is there when it goes on."""
    place = server.place
    monkeypatch.setitem(place.extra, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # some seconds in place of six minutes
    process = started(place, "left", 4)
    server.kill()
    assert process.wait(timeout=600) == 143
    output = (place.folder / "output.txt").read_text()
    assert "did not come back" in output
    assert "--study 'left' goes on" in output
    assert "Traceback" not in output
    place.all_gone()
    server.start()
    before = place.named("left").ended("COMPLETE")
    place.step("steps.tune", check=True, study="left", **STUDY)
    study = place.named("left")
    assert {run.info.run_id for run in before} <= {run.info.run_id for run in study.trials}
    assert [int(run.data.tags["tuning.trial"]) for run in study.trials] == list(range(STUDY["n_trials"]))
    assert not [run for run in place.client.search_runs(["0"]) if run.info.status == "RUNNING"]


def test_a_signal_while_the_server_is_away_is_answered_in_time(server: Server) -> None:
    """SIGTERM to a study that waits for its server: over within 10 s, with nothing left."""
    place = server.place
    process = started(place, "asked", 4, n_trials=1000)
    server.kill()
    time.sleep(1)  # so that it waits
    process.send_signal(signal.SIGTERM)
    with promised(12):
        assert process.wait(timeout=120) == 143
    assert "Traceback" not in (place.folder / "output.txt").read_text()
    place.all_gone()


@pytest.mark.slow
def test_a_server_that_answers_to_another_name_is_named(new_place: Callable[..., Place]) -> None:
    """A real one behind `--allowed-hosts`: the sentence has the host that it was asked for, and the option."""
    place = new_place(extra={"MLFLOW_SERVER_ALLOWED_HOSTS": "tracking.example"})
    server = Server(place)
    server.start()
    try:
        done = place.step("steps.tune", **STUDY)
    finally:
        server.kill()
    assert done.code == 2, done.stderr
    host = f"127.0.0.1:{server.port}"
    assert f"answers no request for the host '{host}'" in done.stderr
    assert f"`mlflow server --allowed-hosts {host}`" in done.stderr
    assert "Traceback" not in done.stderr
