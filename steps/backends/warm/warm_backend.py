"""The warm backend: a child run is the entry point's own command in a fork of a process that has done its imports.

MLflow's local backend starts an interpreter for each child, which imports everything again: some 3 s for a child that
may train for 0.1 s. This one forks (see `launcher`). It is for POSIX systems.
"""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlflow.entities import RunStatus

from steps.backends import WARM, base
from steps.backends.base import CreatedRun, OwnBackend
from steps.backends.submitted_run import AGAIN, GRACE_S, LOST, ChildRun, costs_of, exit_reason
from steps.backends.warm.launch import Launcher
from steps.backends.warm.preload import LearnedPreload
from steps.process import oom


class WarmRun(ChildRun):
    """A child run in a fork of a launcher, which starts as this object is made."""

    def __init__(self, created: CreatedRun, preload: LearnedPreload):
        self._run_id = created.run_id
        self.output = created.output
        self._preload = preload
        self._oom_kills = oom.kills()
        self._start = preload.start(created.command, created.folder, created.variables, created.output)
        self.started = time.monotonic()  # not before: the launcher forks once it has done its own imports
        self._process = self._start.fork
        self._doubt: str | None = None

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return self._run_id

    @property
    def sentinel(self) -> int:
        """Return a descriptor that is readable once the process has ended."""
        return self._process.sentinel

    def failure(self) -> str | None:
        """Say how the process failed; None if it ended well."""
        if self._process.poll() and self._doubt is None:
            self._doubt = self._preload.doubt(self._start) or ""
        if self._process.is_lost:
            return f"{LOST}the launcher ended"
        if self._doubt:
            return f"{AGAIN}{self._doubt}"
        if not self._process.exit_code:
            return None
        return exit_reason(self._process.exit_code, out_of_memory=oom.kills() > self._oom_kills)

    @property
    def costs(self) -> Mapping[str, float]:
        """Return what the ended process took, with those that it started and waited for."""
        return costs_of(self._process.used)

    def wait(self) -> bool:
        """Wait for the end; tell whether the exit code was 0."""
        self._process.wait()
        return self._process.exit_code == 0

    def get_status(self) -> str:
        """Return RUNNING, FINISHED or FAILED, as the process is; MLflow's run may say otherwise."""
        if not self._process.poll():
            self._preload.look_after(self._start)
            return RunStatus.to_string(RunStatus.RUNNING)
        return RunStatus.to_string(RunStatus.FINISHED if self._process.exit_code == 0 else RunStatus.FAILED)

    def signal(self, number: int) -> None:
        """Send a signal to the child and all that it started."""
        self._process.send(number)

    def cancel(self) -> None:
        """Ask the child to end, wait GRACE_S, and end it."""
        self.signal(signal.SIGTERM)
        self._process.wait(GRACE_S)
        self._process.end()


class WarmBackend(OwnBackend):
    """Executes entry points in forks of a launcher, which must have been started, and of those that learn from them."""

    name = WARM

    def __init__(self, folder: Path, launcher: Launcher, fetched: base.Folders, variables: Mapping[str, str]):
        super().__init__(folder, fetched, variables)
        self._preload = LearnedPreload(launcher, folder)

    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> WarmRun:
        """Fork at once."""
        return WarmRun(created, self._preload)


def register(
    folder: Path,
    launcher: Launcher,
    fetched: base.Folders = base.NONE_FETCHED,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Make `backend="warm"` known to `mlflow.run`, for the life of this process; see `OwnBackend`."""
    base.register(WarmBackend(folder, launcher, fetched, variables))
