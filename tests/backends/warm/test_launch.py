"""The launcher, from the side of the process that has it: real launchers, real forks."""

import _thread
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from steps.backends.submitted_run import costs_of
from steps.backends.warm.fork import Fork
from steps.backends.warm.launch import Launcher
from steps.backends.warm.program import Program
from steps.errors import Unreachable, WrongValue
from steps.process import proc
from steps.project.environment import PROJECT
from tests.waits import until

pytestmark = pytest.mark.e2e


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launcher]:
    """A launcher of this process, to be started; it starts in the project's folder and ends with the test."""
    monkeypatch.chdir(PROJECT)
    launcher = Launcher()
    yield launcher
    launcher.stop()


def run(launcher: Launcher, command: str, folder: Path, **variables: str) -> tuple[Fork, str]:
    """Run a command to its end; return its fork and what it wrote."""
    output = folder / "output"
    output.unlink(missing_ok=True)
    fork = launcher.run(command, str(folder), variables, output)
    assert fork.wait(120)
    return fork, output.read_text()


def test_a_call_returns_or_raises_what_the_function_does(launcher: Launcher) -> None:
    """A result comes back; so does a WrongValue; a fork that ends without a word is an error."""
    launcher.start(["steps.parameters.declared"])
    launcher.prepare([("steps.process.threads:limit", {"threads": 3})])
    assert launcher.call("steps.parameters.declared:shown", value=True) == "true"
    assert launcher.call("os:getenv", key="OMP_NUM_THREADS") == "3"  # what was prepared is there in every fork
    with pytest.raises(WrongValue, match="--space 'zzz': must be one of "):
        launcher.call("steps.tuning.space:load", space="zzz")
    with pytest.raises(RuntimeError, match="os:_exit ended with exit code 5"):
        launcher.call("os:_exit", status=5)
    assert launcher.call("steps.parameters.declared:shown", value=2) == "2"


def test_a_module_that_can_t_be_imported_ends_the_launcher(
    launcher: Launcher, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is no silently cold launcher: its traceback stands on stderr, and whoever asks for a fork has none."""
    launcher.start(["steps.no_such"])
    with pytest.raises(RuntimeError):
        launcher.call("os:getpid")
    assert "No module named 'steps.no_such'" in capfd.readouterr().err


ENDS: list[tuple[str, int]] = [
    ("pass", 0),
    ("raise SystemExit(7)", 7),
    ("import os; os._exit(8)", 8),
    ("raise ValueError('x')", 1),
    ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ("import sys; sys.exit('a text')", 1),
]


@pytest.mark.parametrize(("code", "expected"), ENDS, ids=[code for code, _ in ENDS])
def test_the_exit_code_is_the_interpreters(code: str, expected: int, launcher: Launcher, tmp_path: Path) -> None:
    """Whatever way a program ends, its code and its last words are those of an interpreter of its own."""
    (tmp_path / "program.py").write_text(f"{code}\n")
    launcher.start()
    fork, written = run(launcher, "python program.py", tmp_path)
    own = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True)
    assert fork.exit_code == own.returncode == expected
    assert written == own.stderr


def test_a_fork_without_its_folder_says_nothing(
    launcher: Launcher, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It was asked for when the tuner ended, which has removed the folder for its output; or a cleaner has.

    Its exit code is that of what may be tried again.
    """
    launcher.start()
    fork = launcher.run("python -c pass", "/", {}, tmp_path / "gone" / "output")
    assert fork.wait(120)
    launcher.stop()
    assert (fork.exit_code, capfd.readouterr().err) == (Unreachable.exit_code, "")


def test_a_wait_for_a_launcher_that_imports_can_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ray does it, without a signal that would wake a system call; then the launcher is ended at once."""
    (tmp_path / "slow_import.py").write_text("import time\nopen('imports', 'w').close()\ntime.sleep(600)\n")
    monkeypatch.chdir(tmp_path)
    launcher = Launcher().start(["slow_import"])
    pid = launcher.pid

    def interrupt() -> None:
        until((tmp_path / "imports").exists, 120, "the import")
        _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            launcher.run("python -c pass", "/", {}, tmp_path / "output")
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    launcher.stop()
    assert not Path(f"/proc/{pid}").exists()


# The first folder of the path, and what the main module has of itself.
MAIN = """
import sys
names = ("__annotations__", "__cached__", "__doc__", "__file__", "__name__", "__package__", "__spec__")
print(sys.path[0], sys.argv, type(__loader__), sorted(set(globals()) - {"names", "sys"}))
print([globals().get(name) for name in names])
"""


@pytest.mark.parametrize("safe_path", ["", "1"])
def test_the_main_module_is_as_in_an_interpreter_of_its_own(safe_path: str, tmp_path: Path) -> None:
    """Also where Python is told to leave the script's folder out of its path."""
    (tmp_path / "program.py").write_text(MAIN)
    launcher = Launcher(Program(variables={"PYTHONSAFEPATH": safe_path})).start()
    fork, written = run(launcher, "python program.py x", tmp_path)
    launcher.stop()
    command, env = [sys.executable, "program.py", "x"], {**os.environ, "PYTHONSAFEPATH": safe_path}
    own = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert (fork.exit_code, written) == (0, own.stdout)


def test_what_a_program_took_is_known(launcher: Launcher, tmp_path: Path) -> None:
    """CPU seconds and the most memory, those of its children too."""
    (tmp_path / "program.py").write_text(
        "import os\nif os.fork() == 0:\n    held = b'x' * 200_000_000\n    sum(range(5_000_000))\n    os._exit(0)\n"
        "os.wait()\n"
    )
    launcher.start()
    fork, _ = run(launcher, "python program.py", tmp_path)
    assert fork.exit_code == 0
    costs = costs_of(fork.used)
    assert 200 < costs["peak_memory_mb"] < 400
    assert costs["cpu_s"] > 0.05


def test_any_other_command_is_a_shells(launcher: Launcher, tmp_path: Path) -> None:
    """With its own exit code, the variables and the folder."""
    launcher.start()
    fork, written = run(launcher, 'echo "$WORD in $PWD" | cat; exit 3', tmp_path, WORD="here")
    assert (fork.exit_code, written) == (3, f"here in {tmp_path}\n")


def test_a_signal_reaches_the_whole_session(launcher: Launcher, tmp_path: Path) -> None:
    """A command, and what it has started, ends by the signal that is sent to it."""
    launcher.start()
    fork = launcher.run("sleep 600 & sleep 600; true", str(tmp_path), {"LEFT": tmp_path.name}, tmp_path / "output")
    until(lambda: len(proc.with_variable(f"LEFT={tmp_path.name}")) >= 3, 120, "the shell and its children")
    fork.send(signal.SIGTERM)
    assert fork.wait(120)
    assert fork.exit_code == -signal.SIGTERM
    until(lambda: not proc.with_variable(f"LEFT={tmp_path.name}"), 120, "the end of all")


def test_a_launcher_that_was_killed_is_replaced(launcher: Launcher, tmp_path: Path) -> None:
    """What it had forked is lost, and killed; the next request starts another, prepared as the first was."""
    launcher.start(["steps.parameters.declared"])
    launcher.prepare([("steps.process.threads:limit", {"threads": 3})])
    fork = launcher.run("sleep 600", str(tmp_path), {}, tmp_path / "output")
    first = launcher.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert fork.wait(120)
    assert (fork.is_lost, fork.exit_code) == (True, None)
    until(lambda: proc.started(fork.pid) is None, 120, "the end of what it had forked")
    assert launcher.call("os:getenv", key="OMP_NUM_THREADS") == "3"
    assert launcher.pid != first


# A tuner: it has a launcher, one command that runs, one that left its session, and a folder.
TUNER = """
import os, sys, time
from pathlib import Path
from steps.backends.warm.launch import Launcher
folder = Path(sys.argv[1])
os.environ["TUNING_TUNER"] = str(os.getpid())
(folder / "files").mkdir()
launcher = Launcher(foremost=True).start([], [folder / "files"])
launcher.run("setsid sleep 600 & sleep 600", str(folder), {}, folder / "output")
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_tuner(number: int, tmp_path: Path) -> None:
    """However it ends: the launcher, its forks, what left their sessions, and the folders are gone."""
    mark = f"TEST_MARK={tmp_path.name}-{number}"
    env: Mapping[str, Any] = {**os.environ, "TEST_MARK": f"{tmp_path.name}-{number}", "PYTHONPATH": str(PROJECT)}
    tuner = subprocess.Popen([sys.executable, "-c", TUNER, str(tmp_path)], env=env, stdout=subprocess.PIPE, text=True)
    assert tuner.stdout is not None
    assert tuner.stdout.readline() == "ready\n"
    until(lambda: len(proc.with_variable(mark)) >= 5, 120, "the tuner, its launcher and the command's processes")
    tuner.send_signal(number)
    tuner.wait()
    tuner.stdout.close()
    until(lambda: not proc.with_variable(mark), 120, "the end of all")
    assert not (tmp_path / "files").exists()


FORKED = """
import os, time
from steps.backends.warm.launch import Launcher

launcher = Launcher().start()
launcher.call("os:getpid")
pid = os.fork()
if pid == 0:
    time.sleep(600)
    os._exit(0)
launcher.stop()
os.kill(pid, 9)
os.waitpid(pid, 0)
"""


def test_a_fork_of_the_tuner_does_not_keep_the_launcher() -> None:
    """The launcher ends with the process that started it, though a fork of that works on: the keeper of a status."""
    subprocess.run([sys.executable, "-c", FORKED], cwd=PROJECT, check=True, timeout=120)


def test_a_signal_for_the_tuner_does_not_end_the_launcher(launcher: Launcher) -> None:
    """systemd, say, signals every process: the launcher leaves that to the tuner, and its forks can be signalled."""
    launcher.start()
    assert launcher.call("os:getpid") > 0
    pid = launcher.pid
    assert pid is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    assert launcher.call("signal:getsignal", signalnum=signal.SIGTERM) == signal.SIG_DFL
    assert launcher.pid == pid


def test_a_fork_has_a_connection(launcher: Launcher) -> None:
    """A function of ours runs in a fork with the other end of a connection, and ends when it is told to."""
    launcher.start()
    fork, connection = launcher.fork("tests.backends.warm.test_launch:echo", "first")
    with connection:
        assert connection.recv() == "first"
        connection.send("second")
        assert connection.recv() == "second"
        connection.send(None)
    assert fork.wait(120)
    assert fork.exit_code == 0


def echo(connection: Any, word: str) -> None:
    """Send back what came; the body of a fork."""
    connection.send(word)
    while (received := connection.recv()) is not None:
        connection.send(received)


def test_orders_of_any_size_arrive(launcher: Launcher, tmp_path: Path) -> None:
    """A command of a hundred thousand characters, and calls before it in one go."""
    launcher.start(["steps.parameters.declared"])
    launcher.prepare([("steps.parameters.declared:shown", {"value": "x" * 500_000})])
    (tmp_path / "program.py").write_text("import sys\nprint(len(sys.argv[1]))\n")
    fork, written = run(launcher, f"python program.py {'y' * 100_000}", tmp_path)
    assert (fork.exit_code, written) == (0, "100000\n")
