"""Runs of MLflow's own backends, and of any other, as a ChildRun."""

import contextlib
import os
import signal
import time
from pathlib import Path

from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import LocalSubmittedRun, SubmittedRun

from steps.backends.submitted_run import GRACE_S, POLL_S, ChildRun, exit_reason
from steps.names import Variable
from steps.process import oom, proc

_FINISHED = RunStatus.to_string(RunStatus.FINISHED)


def adapt(run: SubmittedRun, output: Path) -> ChildRun:
    """Return what `mlflow.run` has returned as a ChildRun; `output` is the file that a backend not ours writes to."""
    if isinstance(run, ChildRun):
        return run
    return LocalRun(run, output) if isinstance(run, LocalSubmittedRun) else OtherRun(run, output)


class OtherRun(ChildRun):
    """A run of any backend: it can be asked for its status and cancelled, since MLflow's interface has no more."""

    def __init__(self, run: SubmittedRun, output: Path):
        self._run = run
        self.output = output
        self.started = time.monotonic()
        self._oom_kills = oom.kills()

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return str(self._run.run_id)

    @property
    def sentinel(self) -> None:
        """Return None: MLflow's interface has nothing to wait on."""
        return

    def wait(self) -> bool:
        """Wait for the end; tell whether the run ended well."""
        return bool(self._run.wait())

    def get_status(self) -> str:
        """Return the status by its name: MLflow's Kubernetes backend gives its number."""
        status = self._run.get_status()
        return RunStatus.to_string(status) if isinstance(status, int) else str(status)

    def signal(self, number: int) -> None:
        """Do nothing: the interface has no signals."""

    def ask_to_end(self) -> None:
        """Cancel the run; some backends wait for the end."""
        self._run.cancel()

    def cancel(self) -> None:
        """Cancel the run."""
        self._run.cancel()

    def failure(self) -> str | None:
        """Say that an ended run failed, as far as its status tells; None if it ended well."""
        return None if self.get_status() == _FINISHED else "failed"


class LocalRun(OtherRun):
    """A run of MLflow's local backend: a process on this machine, which leads a session of its own."""

    _run: LocalSubmittedRun

    def signal(self, number: int) -> None:
        """Send a signal to all processes of the run."""
        if self.is_running():
            self._send(number)

    def ask_to_end(self) -> None:
        """Send SIGTERM, without waiting as `cancel` does."""
        self.signal(signal.SIGTERM)

    def failure(self) -> str | None:
        """Say how an ended run failed, by its process; None if it ended well."""
        code = self._run.command_proc.poll()
        return exit_reason(code, out_of_memory=oom.kills() > self._oom_kills) if code else super().failure()

    def end_strays(self) -> None:
        """Kill what is left of the session, and what the run has started elsewhere; wait for their ends."""
        self._send(signal.SIGKILL)
        deadline = time.monotonic() + GRACE_S
        while (pids := proc.with_variable(f"{Variable.RUN_ID}={self.run_id}")) and time.monotonic() < deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_S)

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._run.command_proc.pid, number)
