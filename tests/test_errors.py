import signal
import subprocess
import sys

import pytest

from steps.errors import Interrupted, NoTrialFinished, StepError, WrongValue, did_you_mean
from steps.process import signals
from steps.process.exit import exit_code
from steps.project.environment import PROJECT


def fail(error):
    raise error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (StepError("it broke"), 1, "train: it broke\n"),
        (WrongValue("--folds 'x': must be a whole number"), 2, "train: --folds 'x': must be a whole number\n"),
        (WrongValue("one", "two"), 2, "train: one\ntrain: two\n"),
        (NoTrialFinished("none of 3"), 3, "train: none of 3\n"),
        (Interrupted(signal.SIGINT), 130, "train: interrupted by SIGINT\n"),
        (Interrupted(signal.SIGTERM), 143, "train: interrupted by SIGTERM\n"),
    ],
)
def test_an_error_ends_a_step_with_its_code_and_a_line_for_each_problem(error, code, line, capsys):
    """Each kind of error has its exit code; stderr gets one line for each problem, stdout nothing."""
    assert exit_code("train", lambda: fail(error)) == code
    assert capsys.readouterr() == ("", line)


def test_a_step_that_ends_well_keeps_its_code_and_is_silent(capsys):
    """What the action returns is the exit code."""
    assert exit_code("train", lambda: 0) == 0
    assert exit_code("train", lambda: 4) == 4
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("bug"), KeyError("bug"), KeyboardInterrupt()])
def test_a_bug_keeps_its_traceback(error):
    """An error that is no StepError goes through."""
    with pytest.raises(type(error)):
        exit_code("train", lambda: fail(error))


def test_the_problems_are_kept_one_by_one():
    """An error knows its problems, and its text has a line for each."""
    error = WrongValue("one", "two")
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"


@pytest.mark.parametrize(
    ("word", "names", "said"),
    [
        ("n_trails", ["jobs", "n_trials"], " (did you mean 'n_trials'?)"),
        ("zzz", ["jobs", "n_trials"], ""),
        ("jobs", [], ""),
        ("", ["jobs"], ""),
    ],
)
def test_the_nearest_name_is_told_where_one_is_near(word, names, said):
    """A misspelled name gets the nearest valid one, one that is like none of them gets no advice."""
    assert did_you_mean(word, names) == said


def test_another_python_than_the_projects_is_told_in_one_line():
    """Without the pinned packages a step says which Python this is, what it lacks and how to start; exit code 2."""
    words = [sys.executable, "-S", "-m", "steps.train"]  # -S: no site-packages
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"train: environment: {sys.executable} has no package 'mlflow'")


@pytest.fixture
def standing_handlers():
    """What answers the signals, put back after the test."""
    standing = {number: signal.getsignal(number) for number in signals.signals()}
    yield
    for number, handler in standing.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", signals.signals())
@pytest.mark.usefixtures("standing_handlers")
def test_a_long_computation_is_interrupted_where_it_is(number):
    """After `raise_at_once` a signal raises Interrupted, with the exit code of its kind."""
    signals.raise_at_once()
    with pytest.raises(Interrupted) as caught:
        signal.raise_signal(number)
    assert caught.value.exit_code == (130 if number == signal.SIGINT else 143)
