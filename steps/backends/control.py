"""What a tuner asks of a submitted run, whatever its backend: is it running, wait for any, end it, how did it fail."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from multiprocessing import connection
from pathlib import Path

from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import LocalSubmittedRun, SubmittedRun

from steps.backends.submitted_run import KILLED, LOST, RUNNING, Handle
from steps.backends.warm.warm_backend import WarmRun
from steps.errors import Unreachable

# How often a backend that hands out nothing to wait on is asked whether a run has ended.
POLL_S = 0.1
_FINISHED = RunStatus.to_string(RunStatus.FINISHED)


def is_running(run: SubmittedRun) -> bool:
    """Tell whether a run has been started and has not ended yet."""
    return str(run.get_status()) == RUNNING


def begun(run: SubmittedRun) -> float | None:
    """Return the `time.monotonic()` at which a run's command was started, as far as its backend tells."""
    return run.begun if isinstance(run, Handle) else None


def node(run: SubmittedRun) -> str | None:
    """Return the address of the node of a cluster on which a run is executed, as far as its backend tells."""
    return run.node if isinstance(run, Handle) else None


def is_queued(run: SubmittedRun) -> bool:
    """Tell whether a run is known to wait for its place on a cluster."""
    return isinstance(run, Handle) and run.begun is None


def wait(runs: Sequence[SubmittedRun], wakeup: int, seconds: float | None = None) -> None:
    """Wait until a run may have ended, the descriptor `wakeup` is readable or the time is over."""
    handles = [run for run in runs if isinstance(run, Handle)]
    if len(handles) < len(runs) or any(map(is_queued, handles)):
        seconds = POLL_S if seconds is None else min(seconds, POLL_S)
    connection.wait([*(run.sentinel for run in handles), wakeup], timeout=seconds)


def ask_to_end(run: SubmittedRun) -> None:
    """Ask a run to end, without waiting for it where its backend allows that."""
    if isinstance(run, Handle | LocalSubmittedRun):
        send(run, signal.SIGTERM)
    else:
        run.cancel()


def send(run: SubmittedRun, number: int) -> None:
    """Send a signal to all processes of a run, where its backend can."""
    if isinstance(run, Handle):
        run.signal(number)
    elif isinstance(run, LocalSubmittedRun) and is_running(run):
        # MLflow makes it the leader of a session of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.command_proc.pid, number)


def end_strays(run: SubmittedRun) -> None:
    """Kill what an ended run has started on this machine and left behind."""
    if isinstance(run, WarmRun | LocalSubmittedRun):
        pid = (run.process if isinstance(run, WarmRun) else run.command_proc).pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # type: ignore[arg-type] # it has been started


def failure(run: SubmittedRun) -> str | None:
    """Say how an ended run failed, as far as its backend knows; None if it ended well."""
    if isinstance(run, Handle):
        return run.failure()
    return None if str(run.get_status()) == _FINISHED else "failed"


def is_transient(reason: str) -> bool:
    """Tell whether a failure may not come again: what executed the run was killed, or the tracking server was away."""
    return reason.startswith((KILLED, LOST)) or reason == f"exit code {Unreachable.exit_code}"


@contextlib.contextmanager
def writing_to(output: Path) -> Iterator[None]:
    """Send the output of processes that are started inside to a file: MLflow's own backends take none."""
    sys.stdout.flush()
    sys.stderr.flush()
    standing = [os.dup(1), os.dup(2)]
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(standing, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(target)
