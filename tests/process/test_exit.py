import signal
import subprocess
import sys

import pytest

from steps.errors import Interrupted, NoTrialFinished, StepError, WrongValue
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


def test_another_python_than_the_projects_is_told_in_one_line():
    """Without the pinned packages a step says which Python this is, what it lacks and how to start; exit code 2."""
    words = [sys.executable, "-S", "-m", "steps.train"]  # -S: no site-packages
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"train: environment: {sys.executable} has no package 'mlflow'")
