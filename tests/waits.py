"""Waiting in tests: long, and for what happens; the few times that are promised hold on a busy machine as well."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# How long anything is waited for that has to come, at the least: a machine may be loaded many times over.
PATIENCE_S = 120.0
_POLL_S = 0.05
_SAMPLE_S = 0.1


def until(condition: Callable[[], object], seconds: float, what: str) -> float:
    """Poll until a condition holds; return the seconds it took, fail after too many."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"after {seconds} s still not: {what}"
        time.sleep(_POLL_S)
    return time.monotonic() - began


@contextmanager
def promised(seconds: float) -> Iterator[None]:
    """Fail if the body takes longer than is promised; if the machine is busy, as many times longer as it is slower.

    For tests whose very point is a time limit. What they wait for in the body has PATIENCE_S.
    """
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took > seconds:
        slower = slowness()
        assert took <= seconds * slower, (
            f"{took:.1f} s, not {seconds} s, on a machine that is {slower:.1f} times slower"
        )


def slowness() -> float:
    """Measure how many times longer work takes now, or took in the last minute, than if it had a core to itself."""
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < _SAMPLE_S:
        pass
    now = (time.monotonic() - began) / _SAMPLE_S
    return max(1.0, now, os.getloadavg()[0] / (os.cpu_count() or 1))
