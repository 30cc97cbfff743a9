"""A trial as a child run: launch it through `mlflow.run`, watch it, settle what it left."""

import contextlib
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import LocalSubmittedRun, SubmittedRun
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import names, tracking
from steps.backends.warm import GRACE_S, WarmRun
from steps.tuning.search import Outcome
from steps.values import encode

# How often a backend that hands out nothing to wait on is asked whether a child has ended.
POLL_S = 0.1
_LAST_LINES = 20


@dataclass
class Child:
    """A launched child run: the trial `number`, or the baseline (None), with its typed hyperparameters."""

    number: int | None
    hyperparameters: Mapping[str, Any]
    submitted: SubmittedRun
    output: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return str(self.submitted.run_id)

    def start(self) -> None:
        """Start a child that was held back."""
        self.submitted.start()
        self.started = time.monotonic()

    def age_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started


@dataclass(frozen=True)
class Ended:
    """A child that has ended: its outcome and, where that is FAIL, the reason and the last lines of its output."""

    child: Child
    outcome: Outcome
    reason: str = ""
    stderr: str = ""

    @property
    def value(self) -> float | None:
        """Return the objective, None for a child without one."""
        return self.outcome.value


@dataclass(frozen=True)
class Children:
    """Launches, watches and settles the child runs of one study; `folder` takes their output.

    `parameters` go to every child; `own` are the names among the entry point's own parameters, which a hyperparameter
    of the same name must not be taken for.
    """

    project: str
    entry_point: str
    parameters: Mapping[str, str]
    own: frozenset[str]
    objective: str
    study: str
    experiment_id: str
    backend: str
    backend_config: Mapping[str, Any]
    digits: int
    folder: Path

    @property
    def can_hold(self) -> bool:
        """Tell whether `launch` can hold a child back until its `start`."""
        return self.backend == "warm"

    def launch(self, number: int | None, hyperparameters: Mapping[str, Any], *, hold: bool = False) -> Child:
        """Create a child run and start it, unless it is held back; returns at once."""
        name = "baseline" if number is None else f"trial {number:0{self.digits}d}"
        output = self.folder / f"{name}.log"
        words = {self._spelled(key): encode(value) for key, value in hyperparameters.items()}
        with contextlib.nullcontext() if self.backend == "warm" else _writing_to(output):
            submitted = mlflow.run(
                self.project,
                self.entry_point,
                parameters={**self.parameters, **words},
                experiment_id=self.experiment_id,
                backend=self.backend,
                backend_config={**self.backend_config, **({"hold": True} if hold else {})},
                storage_dir=str(self.folder),
                synchronous=False,
                env_manager="local",
                run_name=name,
            )
        tags = {
            names.STUDY: self.study,
            names.ROLE: "baseline" if number is None else "trial",
            names.PARAMS: json.dumps(dict(hyperparameters)),
        }
        metrics = []
        if number is not None:
            tags[names.TRIAL] = str(number)
            metrics.append(tracking.metric(names.TRIAL_NUMBER, number))
        tracking.record(submitted.run_id, metrics, tags)
        return Child(number, hyperparameters, submitted, getattr(submitted, "output", output))

    def settle(self, child: Child) -> Ended:
        """Read what an ended child left, write its state to its run, and return it.

        COMPLETE takes both: the process ended well, and the run carries a finite objective.
        """
        client = MlflowClient()
        # The one metric, not the whole run: a third of the cost.
        history = client.get_metric_history(child.run_id, self.objective)
        value = history[-1].value if history else None
        reason = _failure(child.submitted)
        if reason is None and value is None:
            reason = f"ended well, but logged no {self.objective}"
        elif reason is None and not math.isfinite(value):
            reason = f"{self.objective} is {value}, not a finite number"
        if reason is None:
            ended, status, tags = Ended(child, Outcome(TrialState.COMPLETE, value)), "FINISHED", {}
        else:
            ended = Ended(child, Outcome(TrialState.FAIL), reason, _last_lines(child.output))
            status, tags = "FAILED", {names.REASON: reason, names.STDERR: ended.stderr}
        tags[names.STATE] = ended.outcome.state.name
        tracking.record(child.run_id, tags=tags)
        client.set_terminated(child.run_id, status)
        return ended

    def end(self, children: Iterable[Child]) -> None:
        """End running children, all at once: ask, wait, kill; mark their runs KILLED."""
        running = list(children)
        for child in running:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while any(is_running(child) for child in running) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        for child in running:
            _signal(child, signal.SIGKILL)
            child.submitted.cancel()
            MlflowClient().set_terminated(child.run_id, "KILLED")

    def _spelled(self, hyperparameter: str) -> str:
        return f"estimator__{hyperparameter}" if hyperparameter in self.own else hyperparameter


def is_running(child: Child) -> bool:
    """Tell whether a child has been started and has not ended yet."""
    return str(child.submitted.get_status()) == RunStatus.to_string(RunStatus.RUNNING)


def wait(children: Sequence[Child], wakeup: int) -> None:
    """Wait until a child may have ended or the descriptor `wakeup` is readable."""
    sentinels = [child.submitted.process.sentinel for child in children if isinstance(child.submitted, WarmRun)]
    everyone = len(sentinels) == len(children)
    connection.wait([*sentinels, wakeup], timeout=None if everyone else POLL_S)


def _signal(child: Child, number: int) -> None:
    """Send a signal to a child's whole process group, where it has one on this machine."""
    if isinstance(child.submitted, WarmRun):
        child.submitted.terminate(number)
    elif isinstance(child.submitted, LocalSubmittedRun) and is_running(child):
        # MLflow starts it as the leader of a session of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.submitted.command_proc.pid, number)


def _failure(submitted: SubmittedRun) -> str | None:
    """Say how an ended child failed; None if it ended well."""
    if isinstance(submitted, WarmRun) and submitted.exit_code:
        code = submitted.exit_code
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return None if submitted.get_status() == RunStatus.to_string(RunStatus.FINISHED) else "failed"


def _last_lines(output: Path) -> str:
    if not output.exists():
        return ""
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])


@contextlib.contextmanager
def _writing_to(output: Path) -> Iterator[None]:
    """Let what is started inside write its stdout and stderr to a file: no backend of MLflow's takes one."""
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

