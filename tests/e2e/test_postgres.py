"""A study on a tracking server as teams have it: PostgreSQL behind it, passwords, artifacts through it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.postgres import Postgres
from tests.e2e.server import Server
from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

USER = ("somebody", "a-long-password")


@pytest.fixture(scope="module")
def server(new_place: Callable[..., Place]) -> Iterator[Server]:
    """Only who gives the password is answered."""
    database = Postgres()
    try:
        database.start()
        made = Server(new_place(), store=database.uri, user=USER)
        made.start()
        yield made
        made.kill()
    finally:
        database.stop()


def test_the_study_is_the_one_of_a_local_file(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its trials and its artifacts are there, and no password."""
    place = server.place
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER[0])
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", USER[1])
    # few of all: MLflow takes a quarter of a second for each request to verify a password
    settings = {"n_trials": 2, "jobs": 2, "folds": 2, "space": "knn"}
    place.step("steps.tune", check=True, study="team", **settings)
    study = place.named("team")
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 2
    assert study.parent.info.artifact_uri.startswith("mlflow-artifacts:")
    kept = place.client.download_artifacts(study.parent.info.run_id, "environment/environment.json", str(place.folder))
    assert json.loads(Path(kept).read_text())["packages"]
    everything = json.dumps([dict(run.data.tags) | run.data.params for run in [study.parent, *study.children]])
    assert USER[1] not in everything
    local = Place(place.folder / "local", host=place.host)
    local.folder.mkdir()
    local.step("steps.tune", check=True, study="local", **settings)
    assert study.essence("accuracy") == local.named("local").essence("accuracy")


def test_a_wrong_password_is_one_line(server: Server) -> None:
    """Before anything is done, with what to set."""
    place = server.place
    right = place.extra["MLFLOW_TRACKING_PASSWORD"]
    place.extra["MLFLOW_TRACKING_PASSWORD"] = "wrong"
    try:
        done = place.step("steps.tune", n_trials=1)
    finally:
        place.extra["MLFLOW_TRACKING_PASSWORD"] = right
    assert done.code not in (0, 1)
    assert "MLFLOW_TRACKING_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr
