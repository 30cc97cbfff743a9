"""A signal to every process of a study, as systemd and Slurm send it, or to the first process of a container."""

import os
import signal
import subprocess

import pytest

from tests.e2e.test_ends import LONG, started
from tests.e2e.tools import Place
from tests.host import ROOT

pytestmark = pytest.mark.e2e


def end_in_order(place: Place, process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a study that got a signal, and check what is left of it."""
    process.wait(timeout=120)
    place.all_gone(30)
    output = (place.folder / "output.txt").read_text()
    assert "Traceback" not in output, output
    place.step("steps.tuning.record.tidy", check=True)  # a busy machine
    study = place.study()
    assert study.parent.info.status == "KILLED"
    assert {run.data.tags.get("tuning.state") for run in study.children} <= {"COMPLETE", "STOPPED"}
    assert {run.info.status for run in study.children} <= {"KILLED", "FINISHED"}


def test_a_signal_to_every_process_ends_the_study_in_order(place: Place) -> None:
    """No trial has failed of it, though none may be retried; the study goes on afterwards."""
    words = place.command("tune", **LONG, study="mine", retries=0)
    process = started(place, words, trials=4)
    for pid in sorted(place.processes()):
        os.kill(pid, signal.SIGTERM)
    end_in_order(place, process)
    done = place.step("steps.tune", **{**LONG, "n_trials": 8}, study="mine", check=True)
    assert "Traceback" not in done.stderr
    assert len(place.named("mine").trials) >= 8


@pytest.mark.skipif(
    subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode != 0,
    reason="needs the right to make a process namespace",
)
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_to_the_first_process_ends_the_study_in_order(place: Place, number: signal.Signals) -> None:
    """Linux sends it no signal that it has no trap for, and kills all others when it ends."""
    first = f'. {ROOT}/scripts/set_up/first_process; as_child "$@"'
    words = ["unshare", "--pid", "--fork", "--mount-proc", "bash", "-c", first, "bash"]
    process = started(place, [*words, *place.command("tune", **LONG)], trials=4)

    def children(pid: int) -> list[int]:
        done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
        return [int(line) for line in done.stdout.split()]

    (init,) = children(process.pid)
    os.kill(init, number)
    end_in_order(place, process)
