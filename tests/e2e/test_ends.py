"""However a study is ended, nothing of it runs on."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.tools import ALL_GONE_S, Place, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e

# Makes its standard input the terminal of its session, as a shell's is, and becomes a command.
TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.dup2(0, 1), os.dup2(0, 2)
os.execv(sys.argv[1], sys.argv[1:])
"""
# A study that would take long; its trials are short enough to be caught in every phase of theirs.
LONG: dict[str, Any] = {"n_trials": 1000, "folds": 1, "jobs": 2}


def started(
    place: Place, words: list[str], trials: int = 2, seconds: float = 300, **where: object
) -> "subprocess.Popen[bytes]":
    """Start a study and wait until some of its trials have started."""
    process = place.start(words, **where)  # type: ignore[arg-type]

    def some_trials() -> bool:
        assert process.poll() is None, (place.folder / "output.txt").read_text()
        return len(place.client.search_runs(["0"], "tags.`tuning.role` = 'trial'")) >= trials

    until(some_trials, seconds, f"{trials} trials started")
    return process


def tuner_of(place: Place) -> int:
    """Find the tuner's process."""
    (pid,) = [
        pid for pid, command in place.processes().items() if "python -m steps.tune" in command and "bash" not in command
    ]
    return pid


def test_mlflow_run_killed_takes_the_study_along(place: Place) -> None:
    """SIGKILL to `mlflow run`: after 5 s no process of the study is left."""
    process = started(place, place.command("tune", **LONG), trials=4)
    process.kill()
    process.wait()
    place.all_gone()


def test_the_tuner_killed_takes_its_children_along(place: Place) -> None:
    """SIGKILL to the tuner: no process is left, though the children hold each other's pipes."""
    process = started(place, place.step_command("steps.tune", **LONG), trials=4, cwd=ROOT)
    process.kill()
    process.wait()
    place.all_gone()


def test_a_tuner_killed_while_it_starts_leaves_nothing(place: Place) -> None:
    """SIGKILL while the launcher is still importing: it ends too."""
    process = place.start(place.step_command("steps.tune", **LONG), cwd=ROOT)
    until(lambda: any("launcher.py" in command for command in place.processes().values()), 120, "a launcher")
    process.kill()
    process.wait()
    place.all_gone()


@pytest.mark.slow
def test_children_of_the_local_backend_do_not_outlive_the_tuner(place: Place) -> None:
    """SIGKILL to the tuner with backend=local, whose children are `mlflow run`s of their own: nothing is left."""
    process = started(place, place.step_command("steps.tune", **LONG, backend="local"), cwd=ROOT)
    process.kill()
    process.wait()
    place.all_gone()


def test_ctrl_c_ends_in_order(place: Place) -> None:
    """Ctrl-C at the terminal: children ended and KILLED, no run left RUNNING, no traceback of the step."""
    process = started(place, place.command("tune", **LONG), trials=4)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=120)
    place.all_gone()
    study = place.study()
    assert {run.info.status for run in study.children} <= {"KILLED", "FINISHED"}
    assert study.parent.info.status == "KILLED"  # though `mlflow run` writes FAILED
    output = (place.folder / "output.txt").read_text()
    assert "interrupted by SIG" in output
    assert "steps/tune.py" not in output


def test_a_closed_terminal_ends_in_order(place: Place) -> None:
    """The terminal of `mlflow run` goes away, which ends by SIGHUP: nothing is left, nor RUNNING.

    A step whose `mlflow run` is gone has 3 s: what it can't write in them, on a machine that is this busy, is tidied.
    """
    terminal, other = os.openpty()
    words = [sys.executable, "-c", TERMINAL, *place.command("tune", **LONG)]
    process = subprocess.Popen(words, cwd=place.folder, env=place.env, stdin=other, start_new_session=True)
    os.close(other)
    trials = "tags.`tuning.role` = 'trial'"
    until(lambda: len(place.client.search_runs(["0"], trials)) >= 4, 300, "trials")
    os.close(terminal)
    process.wait(timeout=120)
    place.all_gone(ALL_GONE_S + 5)
    place.step("steps.tuning.record.tidy", check=True)
    study = place.study()
    assert {run.info.status for run in study.children} <= {"KILLED", "FINISHED"}
    assert study.parent.info.status == "KILLED"


def test_a_study_outlives_a_terminal_that_it_was_taken_from(place: Place) -> None:
    """A terminal that is closed without a signal, as after the shell's `disown`: the study goes on to its end."""
    terminal, other = os.openpty()
    words = place.step_command("steps.tune", n_trials=12, folds=1)
    process = subprocess.Popen(words, cwd=ROOT, env=place.env, stdin=other, stdout=other, stderr=other)
    os.close(other)
    until(lambda: len(place.client.search_runs(["0"], "tags.`tuning.role` = 'trial'")) >= 2, 300, "trials")
    os.close(terminal)
    assert process.wait(timeout=600) == 0
    study = place.study()
    assert study.parent.info.status == "FINISHED"
    assert len(study.trials) == 12


def test_a_tuner_that_is_killed_leaves_no_file(place: Place) -> None:
    """SIGKILL to the tuner while it works on fetched data: its folders in the temporary directory are removed."""
    process = started(place, place.step_command("steps.tune", **LONG), cwd=ROOT)
    assert list((place.folder / "tmp").glob("tune-*"))
    process.kill()
    process.wait()
    place.all_gone()
    assert list((place.folder / "tmp").glob("tune-*")) == []


SLOW = pytest.mark.slow
SIGNALS = [
    (signal.SIGINT, 130),
    (signal.SIGTERM, 143),
    pytest.param(signal.SIGHUP, 143, marks=SLOW),
]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_to_the_step_is_its_exit_code(place: Place, number: signal.Signals, code: int) -> None:
    """SIGINT, SIGTERM and SIGHUP to a step that was started by hand: its code; nothing RUNNING, nothing left.

    The signal goes to the whole group, as from a terminal. Such a step logs its parameters itself.
    """
    process = started(place, place.step_command("steps.tune", **LONG), cwd=ROOT)
    os.killpg(process.pid, number)
    assert process.wait(timeout=120) == code
    place.all_gone()
    study = place.study()
    assert {run.info.status for run in study.children} <= {"KILLED", "FINISHED"}
    assert study.parent.info.status == "KILLED"
    assert (study.parent.data.params["n_trials"], study.parent.data.params["space"]) == ("1000", "random_forest")


def test_train_killed_through_mlflow_run_ends_and_says_so(place: Place) -> None:
    """SIGKILL to the `mlflow run` of a training run: it ends, and its run is KILLED, not RUNNING."""
    process = place.start(place.command("train", data="digits", folds=100, log_folds="live"))

    def a_fold_is_scored() -> bool:
        return any("fold_accuracy" in run.data.metrics for run in place.client.search_runs(["0"]))

    until(a_fold_is_scored, 120, "a scored fold")
    process.kill()
    process.wait()
    place.all_gone()
    assert place.client.search_runs(["0"])[0].info.status == "KILLED"
