"""A real control group of the older kind, for as long as a test needs it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def limited(controller: str, file: str, limit: str) -> Iterator[Path]:
    """Make a group with a limit; skip the test where the system lets nobody make one, or does not say who is in one."""
    if not Path("/proc/self/cgroup").exists():
        pytest.skip("no process's control group is known here")
    group = Path("/sys/fs/cgroup", controller, f"tests-{os.getpid()}")
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        (group / file).write_text(limit)
        yield group
    finally:
        group.rmdir()
