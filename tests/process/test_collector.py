import gc
import subprocess
import sys
import weakref

import pytest

from steps.process import collector
from steps.project.environment import PROJECT


@pytest.fixture(autouse=True)
def frozen():
    """What stands after the collection of the tests is left out again, for those that follow."""
    yield
    gc.freeze()


class Ring:
    """Garbage that only the collector can find."""

    def __init__(self):
        self.itself = self


def made():
    return weakref.ref(Ring())


def test_nothing_is_collected_meanwhile_and_all_is_later():
    """While much is imported the collector rests; what becomes garbage afterwards is found as ever."""
    with collector.paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    later = made()
    gc.collect()
    assert later() is None
    gc.unfreeze()


def test_an_import_that_fails_leaves_the_collector_at_work():
    """The error goes through."""
    with pytest.raises(ModuleNotFoundError), collector.paused():
        raise ModuleNotFoundError
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.e2e
def test_what_was_imported_is_not_looked_at_again():
    """Of what stands by then, no later collection knows."""
    with collector.paused():
        standing = made()
    gc.collect()
    assert standing() is not None
    gc.unfreeze()
    gc.collect()
    assert standing() is None


@pytest.mark.e2e
def test_a_process_ends_without_a_look_at_what_is_left():
    """Not even the collection at the interpreter's end finds what is garbage by then."""
    script = (
        "from steps.process import collector; collector.skip_at_exit()\n"
        "class Ring:\n    def __del__(self): print('found')\n"
        "ring = Ring(); ring.itself = ring; del ring"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
