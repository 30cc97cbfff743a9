"""Environment variables that a step leaves out, or starts anew without."""

import os
import subprocess
import sys

import pytest

from steps.process import variables
from steps.project.environment import PROJECT

STEP = """
import sys, warnings
from steps.process.exit import exit_code
def action():
    warnings.warn("shown", DeprecationWarning)
    print(sys.argv[1:])
    return 3
raise SystemExit(exit_code("step", action))
"""


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ("", ""),
        ("error", "default"),
        ("err", "default"),
        ("ignore, e::DeprecationWarning:mlflow.x:7", "ignore,default::DeprecationWarning:mlflow.x:7"),
        ("ignore:an error", "ignore:an error"),
    ],
)
def test_a_warning_that_was_to_be_raised_is_shown(filters: str, shown: str) -> None:
    """Python takes an abbreviation of the action; the rest stays."""
    assert variables.without_errors(filters) == shown


def test_a_step_starts_anew_without_what_would_break_it() -> None:
    """Its arguments and exit code are its own, a warning is shown, and no traceback of SystemExit."""
    env = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONINSPECT": "1"}
    words = [sys.executable, "-c", STEP, "it's", "one"]
    done = subprocess.run(words, cwd=PROJECT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "[\"it's\", 'one']\n"), done.stderr
    assert "DeprecationWarning: shown" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_no_step_has_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this process, and so of those that it starts."""
    for name in variables.LEFT_OUT:
        monkeypatch.setenv(name, "true")
    variables.leave_out()
    assert not variables.LEFT_OUT.keys() & os.environ.keys()
