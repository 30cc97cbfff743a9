import json
import os
import subprocess
import sys
import threading

import pytest

from steps.backends.warm import preload
from steps.errors import WrongValue
from steps.project.environment import PROJECT


def test_a_function_is_called_by_its_name():
    """`module:function` is imported and called with keyword arguments, and its result returned."""
    assert preload.call("steps.parameters.declared:shown", {"value": True}) == "true"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("steps.no_such:shown", ModuleNotFoundError),
        ("steps.parameters.declared:no_such", AttributeError),
        ("steps.parameters.declared:shown", TypeError),
    ],
)
def test_a_call_that_can_t_be_made_is_an_error(path, error):
    """A misspelled module, function or argument is no silence."""
    with pytest.raises(error):
        preload.call(path, {"valeu": True})


@pytest.mark.parametrize(
    ("modules", "calls", "error"),
    [
        (["steps.parameters.values"], [("steps.parameters.declared:shown", {"value": 1})], None),
        (["steps.no_such"], [], ModuleNotFoundError),
        ([], [("steps.spaces:find", {"space": "zzz"})], WrongValue),
    ],
)
def test_no_thread_is_left_when_the_orders_are_carried_out(modules, calls, error, tmp_path):
    """A process that forks has one thread: the watcher ends with the orders, and with an error in them."""
    before = threading.active_count()
    (tmp_path / "calls.json").write_text(json.dumps(calls))
    orders = {"modules": modules, "calls": str(tmp_path / "calls.json"), "wanted_by": os.getppid()}
    if error is None:
        preload.carry_out(**orders)
    else:
        with pytest.raises(error):
            preload.carry_out(**orders)
    assert threading.active_count() == before


def test_it_ends_when_nobody_wants_it_any_more(tmp_path):
    """A process whose parent is gone ends in the middle of its orders, with exit code 1."""
    script = (
        "from steps.backends.warm import preload\n"
        "preload._WATCH_S = 0.02\n"
        f"preload.carry_out([], {str(tmp_path / 'calls.json')!r}, wanted_by=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, timeout=10, check=False)
    assert done.returncode == 1
