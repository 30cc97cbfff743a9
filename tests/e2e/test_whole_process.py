"""A child of the warm backend is a whole process: scripts that somebody wrote for an interpreter of their own.

Each case is a trial under `backend=local`, where MLflow starts an interpreter for it, and one under `backend=warm`.
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

import pytest

from steps.process import proc
from tests.e2e.side_by_side import BUFFERED, Case, Study, run_cases, same_end, tuned, with_scripts, words, write_space
from tests.e2e.tools import Place, until
from tests.waits import slowness

pytestmark = pytest.mark.e2e

FACTS = {
    "a script": Case("python", "facts.py", "--rate=1e-05"),
    "a script in a folder": Case("python3", "whole/facts.py", "it's; $HOME"),
    "a module": Case("python", "-m", "whole.facts"),
    "unbuffered": Case("python", "-u", "facts.py"),
}
QUARTER, EIGHTH = (("loss", 0.25),), (("loss", 0.125),)
SQUARES = sum((0.1 * number) ** 2 for number in range(8))
POOLS = (
    *((kind, SQUARES) for kind in ("fork", "spawn", "forkserver", "executor")),
    ("loss", sum(0.1 * number for number in range(8))),
)
CASES = {
    **FACTS,
    "an exit handler logs the objective": Case("python", "whole/late.py", "atexit", metrics=QUARTER),
    "a thread works on at the end": Case("python", "whole/late.py", "thread", metrics=QUARTER),
    "a daemon thread sleeps for ever": Case("python", "whole/late.py", "daemon", metrics=QUARTER),
    "asynchronous logging": Case("python", "whole/late.py", "asynchronous", metrics=(*QUARTER, ("later", 0.95))),
    "asynchronous logging without an end": Case("python", "whole/late.py", "unended", metrics=QUARTER),
    "click ends by sys.exit(0)": Case("python", "whole/ends.py", "well", metrics=EIGHTH),
    "sys.exit of a text": Case("python", "whole/ends.py", "text", "exit code 1: no such luck", EIGHTH),
    "os._exit": Case("python", "whole/ends.py", "os_exit", metrics=EIGHTH),
    "a handler of SIGTERM": Case("python", "whole/ends.py", "handler", "exit code 1: told to end", EIGHTH),
    "an exception": Case("python", "whole/ends.py", "exception", "exit code 1: ValueError: boom", EIGHTH),
    "a segfault": Case("python", "whole/ends.py", "segfault", "killed by SIGSEGV", EIGHTH),
    "pools of each kind": Case("python", "whole/pools.py", "none", metrics=POOLS),
    "a pool without a guard": Case("python", "whole/unguarded.py", "none", metrics=(("loss", 204),)),
    "joblib": Case("python", "whole/learn.py", "--n_jobs=2", metrics=()),
    "habits": Case("python", "whole/habits.py", "none", metrics=(("lines_read", 0), ("alarms", 1), ("loss", 0.75))),
}
# How a training leaves processes behind, and the state of its trial; the pruner compares with five that have ended.
STRAYS = {
    "session": "COMPLETE",
    "daemon": "COMPLETE",
    "stubborn": "COMPLETE",
    "pool": "COMPLETE",
    "server": "COMPLETE",
    "double fork": "COMPLETE",
    "manager": "COMPLETE",
    "once more": "COMPLETE",
    "exception": "FAIL",
    "killed": "FAIL",
    "pruned": "PRUNED",
    "overdue": "FAIL",
    "last": "COMPLETE",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = with_scripts(tmp_path_factory.mktemp("whole"))
    strays = [Case("python", "whole/strays.py", how) for how in STRAYS]
    overdue = [case for case in strays if case.second == "overdue"]
    spaces = {"facts": [*FACTS.values()], "strays": strays, "overdue": overdue}
    for name, cases in spaces.items():
        write_space(project, name, [case.point for case in cases])
    return project


@pytest.fixture(scope="module")
def local(project: Path, new_place: Callable[..., Place]) -> Study:
    """Each case in an interpreter of its own."""
    return run_cases(project, new_place(project=project, extra=BUFFERED), CASES, backend="local")


@pytest.fixture(scope="module")
def warm(project: Path, new_place: Callable[..., Place]) -> Study:
    """Each case in a fork."""
    return run_cases(project, new_place(project=project, extra=BUFFERED), CASES, backend="warm")


@pytest.mark.parametrize("name", CASES)
def test_the_trial_ends_as_in_an_interpreter_of_its_own(name: str, local: Study, warm: Study) -> None:
    """Its state and status, every metric to the last bit, its parameters and the names of its artifacts."""
    same_end(name, CASES[name], local, warm)


def test_asynchronous_logging_loses_no_value(local: Study, warm: Study) -> None:
    """Every step that was logged is on record."""
    for study in (local, warm):
        run_id = study.runs["asynchronous logging"].info.run_id
        history = study.place.client.get_metric_history(run_id, "later")
        assert sorted((m.step, m.value) for m in history) == [(step, step / 20) for step in range(20)]


# What is the same in every interpreter that runs the same command.
SEEN = [
    "argv",
    "orig_argv",
    "file",
    "name",
    "package",
    "spec",
    "main",
    "main_file",
    "main_spec",
    "dunders",
    "path",
    "executable",
    "folder",
    "signals",
    "blocked",
    "wakeup",
    "alarm",
    "threads",
    "process",
    "start_method",
    "parent",
    "children",
    "stdin",
    "stdout",
    "stderr",
    "hooks",
    "logging",
    "collector",
    "umask",
    "read",
]


@pytest.mark.parametrize("fact", SEEN)
def test_the_script_sees_an_interpreter_of_its_own(fact: str, local: Study, warm: Study) -> None:
    """Its arguments, its main module, its path, its signals, its streams, for each kind of command."""
    theirs = {name: local.facts(name)[fact] for name in FACTS}
    assert {name: warm.facts(name)[fact] for name in FACTS} == theirs


def test_every_fact_is_compared(local: Study) -> None:
    """A fact that the script has recorded is among those that are compared, but for the draws."""
    assert set(local.facts("a script")) == {*SEEN, "draw", "numpy_draw"}


@pytest.mark.parametrize("draw", ["draw", "numpy_draw"])
def test_draws_without_a_seed_differ_between_trials(draw: str, warm: Study) -> None:
    """`random.random()` and `np.random.rand()` of scripts that set no seed."""
    assert len({warm.facts(name)[draw] for name in FACTS}) == len(FACTS)


def traceback_of(log: str) -> list[str]:
    """Cut the first traceback out of an output, with the files as they stand in the project."""
    lines = re.sub(r'(?<= File ")[^"]*/(?=whole/)', "", log).splitlines()
    begin = lines.index("Traceback (most recent call last):")
    return lines[begin : lines.index("ValueError: boom", begin) + 1]


def test_a_traceback_is_the_scripts_own(local: Study, warm: Study) -> None:
    """The log of an exception has the traceback of an interpreter of its own, to the letter: no frame of ours."""
    logs = [study.artifacts("an exception")["log.txt"] for study in (local, warm)]
    assert traceback_of(logs[1]) == traceback_of(logs[0])
    assert "/steps/" not in logs[1]


@pytest.mark.parametrize(
    ("name", "last"), [("sys.exit of a text", "no such luck"), ("an exception", "ValueError: boom")]
)
def test_what_was_not_flushed_is_written_at_the_end(name: str, last: str, local: Study, warm: Study) -> None:
    """The interpreter's end flushes what the script has printed, before it says how the script ended."""
    for study in (local, warm):
        lines = study.artifacts(name)["log.txt"].splitlines()
        assert [line for line in lines if line in ("printed before", last)] == ["printed before", last]


def test_a_stream_that_took_the_place_of_stdout_is_flushed(local: Study, warm: Study) -> None:
    """What the script has printed to a file of its own is there after its end."""
    for study in (local, warm):
        file = study.place.folder / "tmp" / f"said-{study.runs['habits'].info.run_id}.txt"
        assert file.read_text() == "said to the file\n"


def test_nothing_is_left(local: Study, warm: Study) -> None:
    """No run is RUNNING, no process and no folder of a study is left."""
    for study in (local, warm):
        assert {run.info.status for run in study.place.client.search_runs(["0"])} == {"FINISHED", "FAILED"}
        assert study.place.processes() == {}
        assert list((study.place.folder / "tmp").glob("tune-*")) == []


@pytest.fixture
def marked(place: Place) -> Iterator[Place]:
    """A place for trainings that leave processes with a variable of their own, which are killed after the test."""
    yield place
    for pid in strays_of(place):
        os.kill(pid, signal.SIGKILL)


def strays_of(place: Place) -> list[int]:
    noted = [int(path.suffix[1:]) for path in (place.folder / "tmp").glob("stray.*")]
    return [*proc.with_variable(f"STRAY={place.mark}"), *(pid for pid in noted if Path(f"/proc/{pid}").exists())]


def test_whatever_a_trial_started_ends_with_it(project: Path, marked: Place) -> None:
    """Sessions and daemons of its own too, however it ends: the next trial finds none of them."""
    done = tuned(
        project, marked, "strays", jobs=1, window=1, pruner="median:warmup=0", trial_timeout_s=ceil(6 * slowness())
    )
    assert done.code == 0, done.stderr
    trials = dict(zip(STRAYS, marked.study().trials, strict=True))
    assert {how: run.data.tags["tuning.state"] for how, run in trials.items()} == STRAYS
    assert {how: run.data.metrics["left"] for how, run in trials.items()} == dict.fromkeys(STRAYS, 0)
    assert strays_of(marked) == []
    assert "RUNNING" not in {run.info.status for run in marked.client.search_runs(["0"])}


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_whatever_a_trial_started_ends_with_its_study(project: Path, marked: Place, number: signal.Signals) -> None:
    """A tuner that is killed, or interrupted, takes the daemons of its trials along."""
    settings = words(project, "overdue", trial_timeout_s="none")
    process = marked.start(marked.step_command("steps.tune", **settings), cwd=project)
    until(lambda: len(strays_of(marked)) == 2, 120, "the processes of a trial")
    os.kill(process.pid, number)
    process.wait(timeout=60)
    until(lambda: not strays_of(marked), 10, "the end of all that the trial has started")
    marked.all_gone()


def test_a_long_temporary_folder(project: Path, new_place: Callable[..., Place], tmp_path: Path) -> None:
    """A TMPDIR of more than a hundred characters, which is more than the path of a socket may have."""
    folder = tmp_path / ("t" * 120)
    folder.mkdir()
    place = new_place(project=project, extra={"TMPDIR": str(folder)})
    done = tuned(project, place, "facts", n_trials=2)
    assert done.code == 0, done.stderr
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE"] * 2
    assert list(folder.glob("tune-*")) == []
