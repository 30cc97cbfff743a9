"""Runs of other backends, with the interface of our own."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import LocalSubmittedRun, SubmittedRun

from steps.backends import adapter, control
from steps.backends.submitted_run import ChildRun
from tests import needs
from tests.e2e.tools import until


class Elsewhere(SubmittedRun):
    """A run of a backend that nothing is known of."""

    def __init__(self, status: str | int):
        self.status, self.cancelled = status, 0

    @property
    def run_id(self) -> str:
        return "its id"

    def wait(self) -> bool:
        return True

    def get_status(self) -> str | int:
        return self.status

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def started(tmp_path):
    """Start a shell command as MLflow's local backend starts one."""
    processes = []

    def start(command: str) -> ChildRun:
        process = subprocess.Popen(["bash", "-c", command], start_new_session=True)
        processes.append(process)
        return adapter.adapt(LocalSubmittedRun("its id", process), tmp_path / "log")

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_run_of_our_own_stays_what_it_is(started):
    """It has the interface already."""
    run = started("true")
    assert adapter.adapt(run, Path("another")) is run


STATUSES = [
    ("RUNNING", True, "failed"),
    (RunStatus.RUNNING, True, "failed"),  # Kubernetes gives a number
    ("SCHEDULED", True, "failed"),
    (RunStatus.SCHEDULED, True, "failed"),
    ("FINISHED", False, None),
    (RunStatus.FINISHED, False, None),
    (RunStatus.KILLED, False, "failed"),
    ("SUSPENDED", False, "failed"),  # no status of MLflow's
]


@pytest.mark.parametrize(("status", "running", "failure"), STATUSES)
def test_a_status_is_read_by_its_name_or_number(status, running, failure):
    """A run that still waits for its place has not ended."""
    run = adapter.adapt(Elsewhere(status), Path("log"))
    assert (run.is_running(), run.failure()) == (running, failure)


def test_a_run_elsewhere_can_be_cancelled_and_nothing_else(tmp_path):
    """A signal does not reach it; asked to end, it is cancelled."""
    submitted = Elsewhere("RUNNING")
    run = adapter.adapt(submitted, tmp_path / "log")
    run.signal(signal.SIGKILL)
    run.end_strays()
    assert submitted.cancelled == 0
    run.ask_to_end()
    assert submitted.cancelled == 1
    assert (run.run_id, run.output, run.node, run.is_queued) == ("its id", tmp_path / "log", None, False)


def test_a_local_run_is_asked_to_end_by_a_signal_and_not_waited_for(started, tmp_path):
    """MLflow's own `cancel` would wait for as long as the child takes."""
    run = started(f"trap 'touch \"{tmp_path}/asked\"' TERM; touch '{tmp_path}/ready'; while true; do sleep 0.01; done")
    until((tmp_path / "ready").exists, 20, "a shell that listens")
    run.ask_to_end()
    assert run.is_running()
    until((tmp_path / "asked").exists, 20, "the signal")
    run.signal(signal.SIGKILL)
    assert run.ends_within(20)
    assert run.failure() == "killed by SIGKILL (out of memory?)"


def test_how_a_local_run_failed_is_told_by_its_process(started):
    """As of a run of our own."""
    run = started("exit 3")
    assert not run.wait()
    assert run.failure() == "exit code 3"


@needs.PROC
@pytest.mark.parametrize("stray", ["sleep 100", "MLFLOW_RUN_ID='its id' setsid sleep 100"])
def test_strays_of_a_local_run_are_killed(stray, started, tmp_path):
    """What it has left in its session ends with it, and what has the run's id in its environment, wherever it is."""
    run = started(f"{stray} & echo $! > '{tmp_path}/pid'")
    assert run.wait()
    assert run.failure() is None
    pid = int((tmp_path / "pid").read_text())
    until(lambda: "100" in _command(pid), 20, "the stray")
    run.end_strays()
    until(lambda: "100" not in _command(pid), 20, "the end of a stray")


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_runs_without_a_descriptor_are_polled(started):
    """The wait ends by itself soon: somebody has to look whether they have ended."""
    reader, writer = os.pipe()
    try:
        began = time.monotonic()
        control.wait_for_any([started("sleep 100")], reader, 60.0)
        assert time.monotonic() - began < 30
    finally:
        os.close(reader)
        os.close(writer)
