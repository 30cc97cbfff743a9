"""Every way in which a trial can fail, each in a real child: recorded with its reason, and the study goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.entities import Run

from tests.e2e.tools import Done, Place, copy_project

pytestmark = pytest.mark.e2e

STANZA = """
  fails:
    parameters:
      how: {type: string, default: well}
    command: "python fails.py --how {how}"
"""
KILLED, TIMEOUT_S = "killed by SIGKILL (out of memory?)", 20
# How the trial ends: the reason that it gets (none: it is COMPLETE), whether it is tried again.
CAUSES = {
    "well": (None, False),
    "stray": (None, False),
    "exception": ("exit code 1: ValueError: boom", False),
    "sys.exit": ("exit code 3: line 29", False),
    "message": ("exit code 1: no such luck", False),
    "segfault": ("killed by SIGSEGV", True),
    "killed": (KILLED, True),
    "unreachable": ("exit code 75: line 29", True),
    "hang": (f"timeout: not ended after {TIMEOUT_S} s", False),
    "nan": ("loss is nan, not a finite number", False),
    "infinite": ("loss is 1.79769e+308, not a finite number", False),
    "text": ("exit code 1: ", False),
    "no objective": ("ended well, but logged no loss", False),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("fails"))
    (project / "fails.py").write_text((project / "tests" / "samples" / "fails.py").read_text())
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    for name, choices in (("all", list(CAUSES)), ("half", ["well", "exception"]), ("none", ["exception"])):
        (project / f"{name}.yaml").write_text(f"how: {{type: categorical, choices: {choices}}}\n")
    return project


def study(place: Place, space: str, **parameters: object) -> Done:
    words: dict[str, object] = {
        "entry_point": "fails",
        "objective": "loss",
        "direction": "minimize",
        "space": f"./{space}.yaml",
    }
    words |= {"jobs": 2, "n_trials": len(CAUSES), **parameters}
    return place.step("steps.tune", *(f"--{name}={value}" for name, value in words.items()))


@pytest.fixture(scope="module")
def failed(project: Path, new_place: Callable[..., Place]) -> tuple[Place, Done]:
    """A study in which each trial ends in another way."""
    place = new_place(project=project)
    return place, study(place, "all", sampler="grid", trial_timeout_s=TIMEOUT_S, max_failures=100)


def of(place: Place, how: str) -> Run:
    (run,) = [run for run in place.study().trials if what(run) == how and counts(run)]
    return run


def what(run: Run) -> str:
    how: str = json.loads(run.data.tags["tuning.params"])["how"]
    return how


def counts(run: Run) -> bool:
    return run.data.tags["tuning.state"] in ("COMPLETE", "FAIL")


@pytest.mark.parametrize("how", CAUSES)
def test_a_cause_is_recorded(how: str, failed: tuple[Place, Done]) -> None:
    """FAIL with the reason, the last 20 lines and the whole output; no score is made up."""
    place, done = failed
    assert done.code == 0, done.stderr
    reason, retried = CAUSES[how]
    run = of(place, how)
    if reason is None:
        assert (run.data.tags["tuning.state"], run.info.status) == ("COMPLETE", "FINISHED")
        return
    assert (run.data.tags["tuning.state"], run.info.status) == ("FAIL", "FAILED")
    assert run.data.tags["tuning.reason"].startswith(reason)
    assert 1 <= len(run.data.tags["tuning.stderr"].splitlines()) <= 20
    log = place.client.download_artifacts(run.info.run_id, "log.txt", str(place.folder))
    assert "line 0" in Path(log).read_text()
    assert ("tuning.retry_of" in run.data.tags) == retried


def test_what_can_pass_is_tried_again(failed: tuple[Place, Done]) -> None:
    """A trial that was killed, or could not reach the server, is run once more, in a new run that names the first."""
    place, _ = failed
    trials = place.study().trials
    again = {what(run): run for run in trials if "tuning.retry_of" in run.data.tags}
    assert set(again) == {how for how, (_, retried) in CAUSES.items() if retried}
    for run in again.values():
        first = place.client.get_run(run.data.tags["tuning.retry_of"])
        assert (first.data.tags["tuning.state"], first.info.status) == ("RETRIED", "FAILED")
        assert first.data.tags["tuning.trial"] == run.data.tags["tuning.trial"]
    assert place.study().parent.data.metrics["trials_fail"] == sum(reason is not None for reason, _ in CAUSES.values())


def test_nothing_is_left_of_them(failed: tuple[Place, Done]) -> None:
    """No run is RUNNING and no process is left, not even what a trial has started and left behind."""
    place, _ = failed
    assert {run.info.status for run in place.client.search_runs(["0"])} <= {"FINISHED", "FAILED"}
    assert place.processes() == {}
    assert list((place.folder / "tmp").glob("tune-*")) == []


@pytest.mark.slow
def test_many_failures_end_the_study(project: Path, place: Place) -> None:
    """It says why most of them failed, keeps what it has found, and goes on when told to bear more."""
    place.project = project
    done = study(place, "half", sampler="random", n_trials=40, max_failures=1, study="stubborn")
    assert done.code == 1, done.stderr
    assert "stopped: 4 of the last 4 trials failed; " in done.stderr
    assert "exit code 1: ValueError: boom" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr  # of the trial, in what it wrote last
    assert "Best loss: 0.5" in done.stdout
    parent = place.named("stubborn").parent
    assert (parent.data.tags["tuning.stopped_by"], parent.info.status) == ("failures", "FAILED")
    states = [run.data.tags["tuning.state"] for run in place.named("stubborn").trials]
    assert states[-4:] == ["FAIL"] * 4

    done = study(place, "half", sampler="random", max_failures=100, n_trials=len(states) + 2, study="stubborn")
    assert done.code == 0, done.stderr
    assert [run.data.tags["tuning.state"] for run in place.named("stubborn").trials][: len(states)] == states
    assert len(place.named("stubborn").trials) == len(states) + 2


def test_nothing_but_failures_is_code_3(project: Path, place: Place) -> None:
    """No trial finished: exit code 3, the commonest reason, no champion."""
    place.project = project
    done = study(place, "none", sampler="random", n_trials=40, max_failures=4)
    assert done.code == 3, done.stderr
    assert "none of 4 trials finished" in done.stderr
    assert "tuning.best_run" not in place.study().parent.data.tags
