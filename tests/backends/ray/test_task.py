"""The body of a Ray task, without Ray: a generator that a test drives as a worker does."""

import _thread
import signal
import sys
import threading
from collections.abc import Mapping
from types import SimpleNamespace
from typing import ClassVar

import pytest

from steps.backends.ray import task
from steps.backends.ray.costs import ToldCosts
from steps.backends.ray.task import Preload
from steps.backends.warm.fork import Fork
from steps.names import Variable
from steps.process import proc
from tests.waits import until

pytestmark = pytest.mark.e2e

NODE = ("node id", "127.0.0.2", "0,1")


class Costs(ToldCosts):
    """What a test's task tells, without the actor that keeps it."""

    told: ClassVar[list[Mapping[str, float]]] = []

    def tell(self, used):
        self.told.append(used)


COSTS = Costs(None, "run")


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A variable of the commands, on a node that has unpacked a project in an empty folder."""
    context = SimpleNamespace(get_node_id=lambda: NODE[0])
    util = SimpleNamespace(get_node_ip_address=lambda: NODE[1])
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(get_runtime_context=lambda: context, util=util))
    monkeypatch.setattr(task, "_ready_for", None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(Variable.FILES, "")  # so that it is put back
    monkeypatch.setenv(Variable.CUDA_DEVICES, NODE[2])  # as Ray does for a task that takes GPUs
    yield {"TEST_MARK": tmp_path.name}
    task.launcher.stop()


def test_a_command_is_executed_and_its_output_comes_back(mark):
    """First the node, then the exit code and the output; the launcher stays for the next command."""
    for word in ("one", "two"):
        node, end = task.execute(f"echo {word} $TEST_MARK; exit 3", mark, Preload([], [], {}), COSTS)
        assert (node, end) == (NODE, (3, f"{word} {mark['TEST_MARK']}\n"))
        assert Costs.told.pop()["max_rss_kb"] > 1000


def test_nobody_knows_how_a_command_ended_without_its_launcher(mark):
    """It has no exit code."""
    _, (code, _) = task.execute("kill -9 $PPID; sleep 600", mark, Preload([], [], {}), COSTS)
    assert code is None


def test_a_script_that_sets_what_the_launcher_has_read_starts_anew(mark, tmp_path):
    """The number of threads, say, which numpy has read where it is imported for all."""
    (tmp_path / "fit.py").write_text(
        "import os, sys\nbefore = 'numpy' in sys.modules\nos.environ['OMP_NUM_THREADS'] = '2'\nprint(before)\n"
    )
    _, end = task.execute("python fit.py", mark, Preload(["numpy"], [], {}), COSTS)
    assert end == (0, "False\n")


def test_a_command_has_a_port_and_its_devices(mark):
    """A port of the node, and the devices that Ray has given the task."""
    _, (code, output) = task.execute('echo "$TUNING_PORT $CUDA_VISIBLE_DEVICES"', mark, Preload([], [], {}), COSTS)
    port, devices = output.split()
    assert (code, devices) == (0, "0,1")
    assert int(port) >= 20000


def test_a_command_has_a_folder_of_its_own_if_it_is_to(mark, tmp_path):
    """With the project as Ray has unpacked it here, and without what is this project's in it; it is gone afterwards."""
    (tmp_path / "data.txt").write_text("data\n")
    (tmp_path / ".tune-1").mkdir()
    preload = Preload([], [], {}, in_own_folder=True)
    for _ in range(2):
        _, (code, output) = task.execute("ls -A; cat data.txt; echo mine > data.txt; touch new", mark, preload, COSTS)
        assert (code, output) == (0, "data.txt\ndata\n")
    assert (tmp_path / "data.txt").read_text() == "data\n"
    assert not (tmp_path / "new").exists()


def test_a_task_that_is_cancelled_while_it_forks_leaves_no_command(mark, monkeypatch):
    """Ray raises KeyboardInterrupt wherever the task is: nobody would know of the fork, or end it."""
    run = task.launcher.run

    def interrupted(*arguments):
        run(*arguments)
        until(lambda: proc.with_variable(f"TEST_MARK={mark['TEST_MARK']}"), 120, "the command")
        raise KeyboardInterrupt

    monkeypatch.setattr(task.launcher, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(task.execute("sleep 600; true", mark, Preload([], [], {}), COSTS))
    assert proc.with_variable(f"TEST_MARK={mark['TEST_MARK']}") == []
    assert task.launcher.pid is None


def test_a_task_that_is_cancelled_tells_what_its_command_took(mark, monkeypatch):
    """What it would send back itself, Ray drops."""
    monkeypatch.setattr(Costs, "told", [])
    wait, waits = Fork.wait, threading.Event()

    def noted(fork, seconds=None):
        waits.set()
        return wait(fork, seconds)

    def cancel():
        waits.wait(120)
        _thread.interrupt_main()  # as Ray does

    task_of_ray = task.execute("sleep 600; true", mark, Preload([], [], {}), COSTS)
    next(task_of_ray)
    monkeypatch.setattr(Fork, "wait", noted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores it
    threading.Thread(target=cancel).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            next(task_of_ray)
    finally:
        signal.signal(signal.SIGINT, before)
    (used,) = Costs.told
    assert used["max_rss_kb"] > 1000
    assert proc.with_variable(f"TEST_MARK={mark['TEST_MARK']}") == []
