"""Wait for any of several child runs; catch the output of those whose backend has no file for it."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import connection
from pathlib import Path

from steps.backends.submitted_run import POLL_S, ChildRun


def wait_for_any(runs: Sequence[ChildRun], wakeup: int, seconds: float | None = None) -> None:
    """Wait until a run may have ended, the descriptor `wakeup` is readable or the time is over."""
    sentinels = [run.sentinel for run in runs if run.sentinel is not None]
    if len(sentinels) < len(runs) or any(run.is_queued for run in runs):
        seconds = POLL_S if seconds is None else min(seconds, POLL_S)
    connection.wait([*sentinels, wakeup], timeout=seconds)


@contextlib.contextmanager
def writing_to(output: Path) -> Iterator[None]:
    """Append to a file what processes write that are started inside: MLflow's own backends let them write to ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    own = [os.dup(1), os.dup(2)]
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(own, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(target)


@contextlib.contextmanager
def surroundings(output: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Give processes that are started inside variables beside this process's own, and a file for what they write."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        with writing_to(output):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
