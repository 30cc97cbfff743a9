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

from steps.backends.warm import WarmRun
from steps.errors import Unreachable

# How often a backend that hands out nothing to wait on is asked whether a run has ended.
POLL_S = 0.1
_KILLED = "killed by "
_MAYBE = " (out of memory?)"  # nothing else tells: the system kills without a word
_LOST = "the forkserver ended"
_RUNNING = RunStatus.to_string(RunStatus.RUNNING)
_FINISHED = RunStatus.to_string(RunStatus.FINISHED)


def start(run: SubmittedRun) -> None:
    """Start a run that was held back; only the warm backend holds."""
    assert isinstance(run, WarmRun)
    run.start()


def is_running(run: SubmittedRun) -> bool:
    """Tell whether a run has been started and has not ended yet."""
    return str(run.get_status()) == _RUNNING


def wait(runs: Sequence[SubmittedRun], wakeup: int, seconds: float | None = None) -> None:
    """Wait until a run may have ended, the descriptor `wakeup` is readable or the time is over."""
    sentinels = [run.process.sentinel for run in runs if isinstance(run, WarmRun)]
    if len(sentinels) < len(runs):
        seconds = POLL_S if seconds is None else min(seconds, POLL_S)
    connection.wait([*sentinels, wakeup], timeout=seconds)


def ask_to_end(run: SubmittedRun) -> None:
    """Ask a run to end, without waiting for it where its processes are on this machine."""
    if isinstance(run, WarmRun | LocalSubmittedRun):
        send(run, signal.SIGTERM)
    else:
        run.cancel()


def send(run: SubmittedRun, number: int) -> None:
    """Send a signal to all processes of a run, where it has some on this machine."""
    if isinstance(run, WarmRun):
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
    if isinstance(run, WarmRun) and run.exit_code:
        if run.is_lost():
            return _LOST
        code = run.exit_code
        number = -code if code < 0 else code - 128  # a shell's, and a step's, way to say it
        known = number in {int(known) for known in signal.Signals}
        if not known:
            return f"exit code {code}"
        return f"{_KILLED}{signal.Signals(number).name}{_MAYBE if number == signal.SIGKILL else ''}"
    return None if str(run.get_status()) == _FINISHED else "failed"


def may_pass(reason: str) -> bool:
    """Tell whether a failure may not come again: a signal killed the run, or it could not reach the tracking server."""
    return reason.startswith(_KILLED) or reason in (_LOST, f"exit code {Unreachable.exit_code}")


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
