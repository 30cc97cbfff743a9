import os
import subprocess
import sys
import threading

import pytest

from steps.backends import preload
from steps.environment import PROJECT
from steps.errors import WrongValue
from steps.settings import TUNE


def test_a_function_is_called_by_its_name():
    """`module:function` is imported and called with keyword arguments, and its result returned."""
    assert preload.call("steps.settings:shown", {"value": True}) == "true"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("steps.no_such:shown", ModuleNotFoundError),
        ("steps.settings:no_such", AttributeError),
        ("steps.settings:shown", TypeError),
    ],
)
def test_a_call_that_can_t_be_made_is_an_error(path, error):
    """A misspelled module, function or argument is no silence."""
    with pytest.raises(error):
        preload.call(path, {"valeu": True})


@pytest.mark.parametrize(
    ("modules", "calls", "error"),
    [
        (["steps.values"], [("steps.settings:shown", {"value": 1})], None),
        (["steps.no_such"], [], ModuleNotFoundError),
        ([], [("steps.settings:read", {"argv": ["x"], "parameters": TUNE})], WrongValue),
    ],
)
def test_no_thread_is_left_when_the_orders_are_carried_out(modules, calls, error):
    """A process that forks has one thread: the watcher ends with the orders, and with an error in them."""
    before = threading.active_count()
    if error is None:
        preload.carry_out(modules, calls, wanted_by=os.getppid())
    else:
        with pytest.raises(error):
            preload.carry_out(modules, calls, wanted_by=os.getppid())
    assert threading.active_count() == before


def test_it_ends_when_nobody_wants_it_any_more():
    """A process whose parent is gone ends in the middle of its orders, with exit code 1."""
    script = (
        "import time; from steps.backends import preload\n"
        "preload._WATCH_S, preload.call = 0.02, lambda *_: time.sleep(20)\n"
        "preload.carry_out([], [('', {})], wanted_by=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, timeout=10, check=False)
    assert done.returncode == 1
