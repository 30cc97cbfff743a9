"""The Ray backend: a child run is the entry point's own command in a warm fork on a node of a Ray cluster.

Ray carries the project to the nodes, places the children by what they take, ends them, and ends those whose tuner has
died. It is told to repeat nothing by itself: a second start would log to the same MLflow run again.
"""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ray
from mlflow.entities import RunStatus

from steps.backends import RAY, base
from steps.backends.base import NONE_FETCHED, CreatedRun, Folders, OwnBackend
from steps.backends.ray import costs, task
from steps.backends.ray.cluster import Nodes
from steps.backends.ray.config import TrialResources
from steps.backends.ray.costs import ANSWER_S, ToldCosts
from steps.backends.ray.task import Preload
from steps.backends.submitted_run import GRACE_S, LOST, UNREPORTED, ChildRun, costs_of, exit_reason
from steps.names import Variable

# How long after a node's death a child that no node has reported is given up: it may have been sent to that node.
_REPORTS_S = 10.0
# How many characters of an error on a node are passed on.
_LENGTH = 300
# Variables of the tuner's own run: a child has another.
_NOT_PASSED_ON = (Variable.RUN_ID, "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


class RayRun(ChildRun):
    """A child run in a Ray task. What Ray's errors mean: docs.ray.io, "Fault tolerance"."""

    grace_s = GRACE_S + ANSWER_S  # its node gives it GRACE_S, and then tells what it took

    def __init__(self, submitted: Any, output: Path, nodes: Nodes, told: ToldCosts):
        self._task, self._nodes, self._told = submitted, nodes, told
        self._submitted = time.monotonic()
        self._node_id, self._killed = "", False
        self._costs: Mapping[str, float] | None = None  # not asked for yet
        self._ended: tuple[str | None] | None = None  # once it has ended: (how it failed, or None)
        self.output = output
        self._done, sender = Pipe(duplex=False)
        submitted.completed().future().add_done_callback(lambda _: sender.close())

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return self._told.run_id

    @property
    def sentinel(self) -> int:
        """Return a descriptor that is readable once the task has ended."""
        return self._done.fileno()

    def wait(self) -> bool:
        """Wait for the end; tell whether the exit code was 0."""
        while self._look() is None:
            ray.wait([self._task], timeout=1.0)
        return self.failure() is None

    def get_status(self) -> str:
        """Return RUNNING (also while it waits for a node), FINISHED or FAILED."""
        ended = self._look()
        if ended is None:
            return RunStatus.to_string(RunStatus.RUNNING)
        return RunStatus.to_string(RunStatus.FINISHED if ended[0] is None else RunStatus.FAILED)

    def failure(self) -> str | None:
        """Say how the child, or what executed it, failed; None if it ended well or still runs."""
        ended = self._look()
        return ended[0] if ended else None

    def signal(self, number: int) -> None:
        """Ask the task to end its command; for SIGKILL, let Ray kill the task's process."""
        self._killed = self._killed or number == signal.SIGKILL
        if self._look() is None:
            with suppress(ray.exceptions.RayError, ValueError):  # it has ended this very moment
                ray.cancel(self._task, force=number == signal.SIGKILL)

    @property
    def costs(self) -> Mapping[str, float]:
        """Return what the command took on its node; empty if its node, or what executes it there, died first."""
        if self._costs is None:
            self._costs = costs_of({} if self.started is None else self._told.take())
        return self._costs

    def cancel(self) -> None:
        """Ask the child to end, wait `grace_s`, and kill it; do nothing if Ray was told to kill it already."""
        if self._killed:
            return
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + self.grace_s
        while self._look() is None and time.monotonic() < deadline:
            ray.wait([self._task], timeout=0.1)
        self.signal(signal.SIGKILL)

    def _look(self) -> tuple[str | None] | None:
        """Read what the node has sent; return (how the task failed, or None) once it has ended, None while it runs."""
        while self._ended is None and ray.wait([self._task], timeout=0)[0]:
            try:
                self._read(ray.get(next(self._task)))
            except StopIteration:
                self._end(f"{LOST}its task ended without a result")
            except ray.exceptions.RayError as error:
                self._end(_reason(error, self.node))
        if self._ended is None and (lost := self._lost_with_node()):
            self._end(lost)
            with suppress(ray.exceptions.RayError, ValueError):
                ray.cancel(self._task, force=True)
        return self._ended

    def _read(self, message: tuple[Any, ...]) -> None:
        if self.started is None:
            self._node_id, self.node, self.device = message
            self.started = time.monotonic()
            return
        exit_code, output = message
        self.output.write_text(output, encoding="utf-8")
        if exit_code is None:
            self._end(f"{LOST}the launcher on {self.node} ended")
        else:
            self._end(exit_reason(exit_code) if exit_code else None)

    def _lost_with_node(self) -> str | None:
        """Say that the run's node has died, if so: Ray may take minutes to end a task on a node that fell silent."""
        if self._node_id:
            return f"{LOST}node {self.node} is gone" if self._nodes.is_dead(self._node_id) else None
        died = self._nodes.last_death
        maybe_there = self._submitted < died < time.monotonic() - _REPORTS_S
        return UNREPORTED if maybe_there else None

    def _end(self, failure: str | None) -> None:
        self._ended = (failure,)


def _reason(error: Exception, where: str | None) -> str:
    """Say what one of Ray's errors means for a trial."""
    there = f" on {where}" if where else ""
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return f"{LOST}killed by Ray{there}, which had run out of memory"
    if isinstance(error, ray.exceptions.WorkerCrashedError | ray.exceptions.NodeDiedError):
        return f"{LOST}its Ray worker{there} was killed"
    if isinstance(error, ray.exceptions.TaskCancelledError):
        return "ended"
    if isinstance(error, ray.exceptions.RayTaskError):
        error = error.cause if isinstance(error.cause, Exception) else error
        return f"{LOST}could not be executed{there}: {error!r}"[:_LENGTH]
    return f"Ray: {type(error).__name__}: {' '.join(str(error).split())}"[:_LENGTH]


class RayBackend(OwnBackend):
    """Executes entry points on the Ray cluster to which this process is connected."""

    name = RAY

    def __init__(
        self,
        folder: Path,
        resources: TrialResources,
        preload: Preload,
        fetched: Folders = NONE_FETCHED,
        variables: Mapping[str, str] = MappingProxyType({}),
    ):
        super().__init__(folder, fetched, variables)
        self._preload, self._nodes = preload, Nodes()
        wrapper: Any = ray.remote(max_retries=0, num_returns="streaming", **resources.options())
        self._remote = wrapper(task.execute)  # one for all runs: Ray ships it once
        self._keeper = costs.start_keeper()

    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> RayRun:
        """Submit the command; Ray queues it until a node has room."""
        named = self._remote.options(name=config.get("name") or created.run_id)
        project = self._preload.project
        command = created.command if project is None else project.on_a_node(created.command, created.folder)
        told = ToldCosts(self._keeper, created.run_id)
        submitted = named.remote(command, {**_passed_on(), **created.variables}, self._preload, told)
        return RayRun(submitted, created.output, self._nodes, told)


def _passed_on() -> dict[str, str]:
    """Return the variables by which a child reaches MLflow. They travel as an argument, which Ray shows nowhere."""
    return {k: v for k, v in os.environ.items() if k.startswith("MLFLOW_") and k not in _NOT_PASSED_ON}


def register(
    folder: Path, resources: TrialResources, preload: Preload, fetched: Folders, variables: Mapping[str, str]
) -> None:
    """Make `backend="ray"` known to `mlflow.run`, for the life of this process."""
    base.register(RayBackend(folder, resources, preload, fetched, variables))
