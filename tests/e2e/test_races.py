"""Two tuners that start on one study within the same second: one works, and one is told."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.server import Server
from tests.e2e.tools import LIMIT_S, Place
from tests.host import ROOT
from tests.waits import until

pytestmark = pytest.mark.e2e

# A trial that ends when it is told to: so the tuner that works does so until the other has been refused.
SCRIPT = """import argparse, os, pathlib, time
from mlflow.tracking import MlflowClient

words = argparse.ArgumentParser()
words.add_argument("--x", type=float)
words.add_argument("--told", type=pathlib.Path)
options = words.parse_args()
while not options.told.exists():
    time.sleep(0.05)
MlflowClient().log_metric(os.environ["MLFLOW_RUN_ID"], "loss", options.x)
"""


def _race(place: Place, number: int) -> None:
    """Start two tuners of one study at once; assert that one of them is refused, and then that the other has it."""
    told, study = place.folder / f"told-{number}", f"race-{number}"
    words = {
        "project": place.folder / "theirs", "entry_point": "wait.py", "space": f"x=0.0..1.0 told='{told}'",
        "objective": "loss", "direction": "minimize", "n_trials": 1, "jobs": 1, "study": study,
    }  # fmt: skip
    outputs = [place.folder / f"{study}-{tuner}.txt" for tuner in "ab"]
    tuners = [_start(place, words, output) for output in outputs]
    try:
        until(lambda: any(tuner.poll() is not None for tuner in tuners), LIMIT_S, "a tuner that is refused")
        refused = next(index for index, tuner in enumerate(tuners) if tuner.poll() is not None)
        assert tuners[refused].returncode == 2, outputs[refused].read_text()
        assert "works on it, in run" in outputs[refused].read_text()
        told.touch()
        assert tuners[1 - refused].wait(LIMIT_S) == 0, outputs[1 - refused].read_text()
    finally:
        for tuner in tuners:
            tuner.kill()
            tuner.wait()
    found = place.named(study)
    assert [run.data.tags["tuning.state"] for run in found.trials] == ["COMPLETE"]
    assert len(found.children) == 1, "the other has launched something"
    assert found.parent.info.status == "FINISHED"


def _start(place: Place, words: dict[str, object], output: Path) -> "subprocess.Popen[bytes]":
    command = place.step_command("steps.tune", baseline="false", **words)
    with output.open("w") as file:
        return subprocess.Popen(command, cwd=ROOT, env=place.env, stdout=file, stderr=file, start_new_session=True)


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("store", ["sqlite", "server"])
def test_of_two_tuners_that_start_at_once_one_works(store: str, rounds: int, place: Place) -> None:
    """Whichever is first: never both, and never none."""
    (place.folder / "theirs").mkdir()
    (place.folder / "theirs" / "wait.py").write_text(SCRIPT)
    place.client.search_experiments()  # the tables are made before
    server = Server(place) if store == "server" else None
    try:
        if server is not None:
            server.start()
        for number in range(rounds):
            _race(place, number)
    finally:
        if server is not None:
            server.kill()
    place.all_gone()
