"""No secret of the environment is kept anywhere."""

import sqlite3
from contextlib import closing

import pytest

from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

# Values that occur nowhere else, one for each variable, so that the one that leaks is named.
SECRETS = {
    name: f"SESAME-{number}-OPEN"
    for number, name in enumerate(
        (
            "MLFLOW_TRACKING_PASSWORD",
            "MLFLOW_TRACKING_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "AZURE_STORAGE_CONNECTION_STRING",
            "DATABASE_PASSWORD",
            "OPENAI_API_KEY",
        )
    )
}
# Half of the depths are refused by the estimator: those trials fail.
SPACE = "max_depth: {type: int, low: -3, high: 3}\nn_estimators: {type: int, low: 5, high: 9}\n"


def test_no_secret_of_the_environment_is_kept(place: Place) -> None:
    """A secret that stood in the environment is in no file, tag, parameter or line of output of a study or a run.

    Some of the study's trials fail, and the run logs a model.
    """
    place.extra |= SECRETS
    with closing(sqlite3.connect(place.folder / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE experiments SET artifact_location = ?", [f"{place.folder}/artifacts"])
    space = place.folder / "space.yaml"
    space.write_text(SPACE)
    done = [place.mlflow_run("tune", space=space, n_trials=8, folds=2, max_failures=8)]
    assert place.study().ended("FAIL")
    done.append(place.step("steps.train", n_estimators=5, folds=2))
    for one in done:
        (place.folder / f"output {len(list(place.folder.iterdir()))}").write_text(one.stdout + one.stderr)
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".skops" for path in files)
    assert any(path.name == "log.txt" for path in files)
    leaks = {
        (name, str(path.relative_to(place.folder)))
        for path in files
        for name, secret in SECRETS.items()
        if secret.encode() in path.read_bytes()
    }
    assert leaks == set()
