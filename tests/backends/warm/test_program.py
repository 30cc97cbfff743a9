"""Launchers of other environments, several at a time: real environments, real forks."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from steps.backends.warm.launch import Launcher
from steps.backends.warm.program import Program
from steps.process import proc
from tests.waits import until

pytestmark = pytest.mark.e2e

FACTS = """
import json, os, sys
try:
    import steps
    found = True
except ImportError:
    found = False
print(json.dumps([sys.prefix, found, os.getcwd(), os.environ.get("WORD"), os.environ.get("HOME"), os.getppid()]))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with an interpreter alone, in a folder whose name has a blank and a quote."""
    folder = tmp_path_factory.mktemp("it's an environment") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Launcher]]:
    """Start launchers, which end with the test."""
    (tmp_path / "facts.py").write_text(FACTS)
    started = []

    def start(program: Program | None) -> Launcher:
        started.append(Launcher(program).start())
        return started[-1]

    yield start
    for launcher in started:
        launcher.stop()


def facts(launcher: Launcher, folder: Path) -> list[Any]:
    output = folder / "output"
    output.unlink(missing_ok=True)
    fork = launcher.run("python facts.py", str(folder), {}, output)
    assert fork.wait(120)
    assert fork.exit_code == 0, output.read_text()
    return list(json.loads(output.read_text()))


@pytest.mark.parametrize("activated", [True, False], ids=["activated", "by its interpreter"])
def test_a_launcher_runs_in_another_environment(
    activated: bool, environment: Path, start: Callable[..., Launcher], tmp_path: Path
) -> None:
    """By commands of bash or by its interpreter: its commands have its packages and variables, and nothing of ours."""
    variables = {"WORD": "one two", "HOME": None}
    if activated:
        script = str(environment / "bin" / "activate").replace("'", "'\\''")
        program = Program("python", [f"source '{script}'", "true"], str(tmp_path), variables)
    else:
        program = Program(str(environment / "bin" / "python"), folder=str(tmp_path), variables=variables)
    launcher = start(program)
    prefix, found, folder, word, home, parent = facts(launcher, tmp_path)
    assert (Path(prefix).resolve(), found, folder) == (environment.resolve(), False, str(tmp_path))
    assert (word, home) == ("one two", None)
    assert parent == launcher.pid  # no shell stands between


def test_launchers_live_and_die_apart(environment: Path, start: Callable[..., Launcher], tmp_path: Path) -> None:
    """One that ends takes its own commands along; the other goes on, and is replaced by its like when it is killed."""
    ours, theirs = start(None), start(Program(str(environment / "bin" / "python")))
    forks = [launcher.run("sleep 600", str(tmp_path), {}, tmp_path / "log") for launcher in (ours, theirs)]
    ours.stop()
    assert forks[0].wait(120)
    assert not forks[1].wait(0.5)
    first = theirs.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert forks[1].wait(120)
    assert forks[1].is_lost
    until(lambda: proc.started(forks[1].pid) is None, 120, "the end of what it had forked")
    until(lambda: theirs.pid is None, 120, "its end, which comes after that of its descriptors")
    assert Path(facts(theirs, tmp_path)[0]).resolve() == environment.resolve()
    assert (ours.pid, theirs.pid != first) == (None, True)


def test_an_activation_that_fails_is_heard(start: Callable[..., Launcher], capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is forked, and what the shell says stands on stderr."""
    launcher = start(Program("python", ["echo 'no such environment' >&2; false"]))
    fork = launcher.run("true", "/", {}, Path(os.devnull))
    assert fork.wait(120)
    assert fork.is_lost
    assert "no such environment" in capfd.readouterr().err
