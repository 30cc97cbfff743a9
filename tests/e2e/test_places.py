"""What a trial has to itself, in a copy of the project with a script that fails if another process has it too."""

import os
import shutil
import signal
from collections.abc import Callable
from math import ceil
from pathlib import Path

import pytest
from mlflow.entities import Run

from tests.e2e.tools import Done, Place, copy_project
from tests.standin import standin_gpus
from tests.waits import slowness, until

pytestmark = pytest.mark.e2e

SAMPLE = Path(__file__).parents[1] / "samples" / "alone.py"
STANZA = """
  alone:
    parameters:
      x: {type: float, default: 1.0}
      how: {type: string, default: well}
      record: {type: path}
      device: {type: string, default: none}
    command: "python alone.py --x {x} --how {how} --record {record} --device {device}"
"""
LOSS = {"entry_point": "alone", "space": "./alone.yaml", "objective": "loss", "direction": "minimize"}
# Three are at work at once; as soon as one has ended, however, the next is in its place.
HOWS = ["well", "killed", "never", "killed", "well", "well", "full"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("above") / "project")
    (project.parent / "beside.txt").write_text("beside")
    (project / "data").mkdir()
    (project / "data" / "small.txt").write_text("small ")
    (project / "large.bin").write_bytes(bytes(2_000_000))
    shutil.copy(SAMPLE, project / "alone.py")
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    return project


def make_space(project: Path, record: Path, hows: list[str]) -> None:
    record.mkdir(exist_ok=True)
    lines = ["x: {type: float, low: 0, high: 1}", "how: {type: categorical, choices: [well, killed, never, full]}"]
    lines += [f"record: {record}", "try:"]
    lines += [f"  - {{x: 0.{number + 1}, how: {how}}}" for number, how in enumerate(hows)]
    (project / "alone.yaml").write_text("\n".join(lines) + "\n")


def tuned(place: Place, project: Path, hows: list[str], **parameters: object) -> Done:
    place.project = project
    make_space(project, place.folder / "record", hows)
    return place.step("steps.tune", **{**LOSS, "n_trials": len(hows), **parameters}, check=True)


def saw(runs: list[Run], name: str) -> list[str]:
    return [run.data.tags[f"saw.{name}"] for run in runs]


@pytest.fixture(scope="module")
def alone(project: Path, new_place: Callable[..., Place]) -> tuple[Place, list[Run]]:
    """A study of three places, whose trials end in all ways; its runs, those that were retried too.

    The machine has four GPUs, of which three may be had, and four licences.
    """
    place = new_place(extra=standin_gpus(4))
    licences = place.folder / "licences"
    licences.write_text("".join(f"LICENCE='licence {name}'\n" for name in "abcd"))
    tuned(place, project, HOWS, gpus=1, devices="0,1,3", places=licences, trial_timeout_s=ceil(12 * slowness()))
    return place, place.study().children


def test_no_two_trials_have_a_place_at_the_same_time(alone: tuple[Place, list[Run]]) -> None:
    """Kills, retries and time limits included: a place is free only when all that its trial started has ended."""
    place, runs = alone
    states = sorted((run.data.tags["tuning.state"], run.data.tags.get("tuning.reason", "")) for run in runs)
    assert [state for state, _ in states] == ["COMPLETE"] * 5 + ["FAIL"] * 2 + ["RETRIED"] * 2, states
    assert [reason.split()[0] for state, reason in states if state == "FAIL"] == ["out", "timeout:"]
    assert len(set(saw(runs, "TUNING_PORT"))) == 3
    assert set(saw(runs, "CUDA_VISIBLE_DEVICES")) == {"0", "1", "3"}
    assert set(saw(runs, "LICENCE")) == {"licence a", "licence b", "licence c"}
    assert place.processes() == {}


def test_a_trial_s_devices_are_on_its_run(alone: tuple[Place, list[Run]]) -> None:
    """And its entry point, which has a parameter for it, is told what they are called inside it."""
    _, runs = alone
    assert [run.data.tags["tuning.device"] for run in runs] == saw(runs, "CUDA_VISIBLE_DEVICES")
    assert {run.data.params["device"] for run in runs} == {"cuda"}


def test_a_device_without_memory_is_named_as_the_reason(alone: tuple[Place, list[Run]]) -> None:
    """It fails, and is not run again."""
    (full,) = [run for run in alone[1] if run.data.params["how"] == "full"]
    tags = full.data.tags
    said = f"out of memory on device {tags['tuning.device']} (exit code 1): RuntimeError: CUDA out of memory. Tried to"
    assert tags["tuning.reason"].startswith(said)


def test_each_trial_starts_in_a_fresh_folder_with_the_project(alone: tuple[Place, list[Run]], project: Path) -> None:
    """All files are there, and none of another trial; what it writes there is its own, and not the project's."""
    _, runs = alone
    assert len(set(saw(runs, "folder"))) == len(runs) == 9
    assert {Path(folder).name for folder in saw(runs, "folder")} == {"project"}
    names = ",".join(sorted(path.name for path in project.iterdir() if path.name != "__pycache__"))
    assert {files.replace("__pycache__,", "") for files in saw(runs, "files")} == {names}
    assert set(saw(runs, "data")) == {"small beside"}
    complete = [run for run in runs if "loss" in run.data.metrics]
    assert all(run.data.metrics["loss"] == float(run.data.params["x"]) for run in complete)
    assert (project / "data" / "small.txt").read_text() == "small "
    assert not (project / "best.ckpt").exists()


def test_nothing_is_left_at_the_end(alone: tuple[Place, list[Run]]) -> None:
    """No working folder in the temporary one."""
    place, _ = alone
    assert list((place.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_after_an_interrupt(number: int, project: Path, place: Place) -> None:
    """Also where trials ignore signals, and nobody is left but the launcher."""
    place.project = project
    record = place.folder / "record"
    make_space(project, record, ["never"] * 2)
    words = place.step_command("steps.tune", **{**LOSS, "n_trials": 2, "jobs": 2})
    tuner = place.start(words, cwd=project)
    until(lambda: len(list(record.glob("0.*"))) == 2, 300, "two trials at work")
    os.kill(tuner.pid, number)
    tuner.wait()
    place.all_gone(15)
    until(lambda: list((place.folder / "tmp").iterdir()) == [], 60, "no working folder")


@pytest.mark.slow
def test_mlflow_s_own_backend_has_ports_too(project: Path, place: Place) -> None:
    """It executes in the project itself: only what is in the environment is a trial's own."""
    tuned(place, project, ["well"] * 2, jobs=2, backend="local", retries=0)
    runs = place.study().trials
    assert len(set(saw(runs, "TUNING_PORT"))) == 2
    assert set(saw(runs, "folder")) == {str(project)}
    (project / "data" / "small.txt").write_text("small ")
    (project / "best.ckpt").unlink()
