"""The warm backend: a child run is the entry point's own command in a fork of a process that has done its imports.

MLflow's local backend starts an interpreter for each child, which imports everything again: some 3 s for a child that
may train for 0.1 s. This one forks (see `forkserver`). It is for POSIX systems.
"""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlflow.entities import RunStatus

from steps.backends import WARM, base, executor
from steps.backends.base import CreatedRun, OwnBackend
from steps.backends.submitted_run import GRACE_S, LOST, ChildRun, exit_reason
from steps.backends.warm import forkserver

# The exit code that `multiprocessing` gives of a process whose forkserver has ended.
_UNKNOWN = 255


class WarmRun(ChildRun):
    """A child run in a forked process, which starts as this object is made."""

    def __init__(self, created: CreatedRun):
        self._run_id = created.run_id
        self.output = created.output
        self.started = time.monotonic()
        self._process = forkserver.fork(
            executor.execute, created.command, created.root, created.variables, str(created.output)
        )
        self._forkserver = forkserver.pid()

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return self._run_id

    @property
    def sentinel(self) -> int:
        """Return a descriptor that is readable once the process has ended."""
        return self._process.sentinel

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, the negative number of the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def is_lost(self) -> bool:
        """Tell whether the forkserver ended before the run did, so that its exit code is unknown; kill it if so."""
        lost = self.exit_code == _UNKNOWN and forkserver.pid() != self._forkserver
        if lost:
            self.signal(signal.SIGKILL)
        return lost

    def failure(self) -> str | None:
        """Say how the process failed; None if it ended well."""
        if self.is_lost():
            return f"{LOST}the forkserver ended"
        return exit_reason(self.exit_code) if self.exit_code else None

    def wait(self) -> bool:
        """Wait for the end; tell whether the exit code was 0."""
        self._process.join()
        return self.exit_code == 0

    def get_status(self) -> str:
        """Return RUNNING, FINISHED or FAILED, as the process is; MLflow's run may say otherwise."""
        status = {None: RunStatus.RUNNING, 0: RunStatus.FINISHED}.get(self.exit_code, RunStatus.FAILED)
        return RunStatus.to_string(status)

    def signal(self, number: int) -> None:
        """Send a signal to the child and all that it started."""
        if self._process.pid is not None:
            executor.send(self._process.pid, number)

    def end_strays(self) -> None:
        """Kill what is left of the child's session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # type: ignore[arg-type] # it has been started

    def cancel(self) -> None:
        """Ask the child to end, wait GRACE_S, and end it."""
        self.signal(signal.SIGTERM)
        self._process.join(GRACE_S)
        self.signal(signal.SIGKILL)
        self._process.join()


class WarmBackend(OwnBackend):
    """Executes entry points in forks of the forkserver, which must have been started."""

    name = WARM

    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> WarmRun:
        """Fork at once."""
        return WarmRun(created)


def register(folder: Path) -> None:
    """Make `backend="warm"` known to `mlflow.run`, for the life of this process."""
    base.register(WarmBackend(folder))
