"""A trial as a child run: launch it through `mlflow.run`, settle what it left."""

import contextlib
import json
import math
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
from mlflow.projects.submitted_run import SubmittedRun
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import names, tracking
from steps.backends import submitted, warm
from steps.tuning.search import Outcome
from steps.values import encode

# How many lines of a failed child's output travel to its run.
_LAST_LINES = 20


@dataclass
class Child:
    """A launched child run: the trial `number`, or a baseline (None), with its estimator and typed hyperparameters."""

    number: int | None
    estimator: str
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
        submitted.start(self.submitted)
        self.started = time.monotonic()

    def is_running(self) -> bool:
        """Tell whether the child has been started and has not ended yet."""
        return submitted.is_running(self.submitted)

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
    """Launches and settles the child runs of one study; `folder` takes their output.

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
        return self.backend == warm.NAME

    def launch(
        self,
        number: int | None,
        hyperparameters: Mapping[str, Any],
        *,
        estimator: str,
        name: str = "baseline",
        hold: bool = False,
    ) -> Child:
        """Create a child run and start it, unless it is held back; returns at once. `name` is for a baseline."""
        name = name if number is None else f"trial {number:0{self.digits}d}"
        output = self.folder / f"{name}.log"
        words = {self._spelled(key): encode(value) for key, value in hyperparameters.items()}
        with contextlib.nullcontext() if self.backend == warm.NAME else submitted.writing_to(output):
            run = mlflow.run(
                self.project,
                self.entry_point,
                parameters={**self.parameters, "estimator": estimator, **words},
                experiment_id=self.experiment_id,
                backend=self.backend,
                backend_config={**self.backend_config, **({"hold": True} if hold else {})},
                storage_dir=str(self.folder),
                synchronous=False,
                env_manager="local",  # the tuner's own environment is the right one already
                run_name=name,
            )
        tags = {
            names.STUDY: self.study,
            names.ROLE: "baseline" if number is None else "trial",
            names.PARAMS: json.dumps(dict(hyperparameters)),
            names.ESTIMATOR: estimator,
        }
        metrics = []
        if number is not None:
            tags[names.TRIAL] = str(number)
            metrics.append(tracking.metric(names.TRIAL_NUMBER, number))
        tracking.record(run.run_id, metrics, tags)
        return Child(number, estimator, hyperparameters, run, getattr(run, "output", output))

    def settle(self, child: Child) -> Ended:
        """Read what an ended child left, write its state to its run, and return it.

        COMPLETE takes both: the process ended well, and the run carries a finite objective.
        """
        client = MlflowClient()
        # The one metric, not the whole run: a sixth of the cost.
        history = client.get_metric_history(child.run_id, self.objective)
        value = history[-1].value if history else None
        reason = submitted.failure(child.submitted)
        if reason is None and value is None:
            reason = f"ended well, but logged no {self.objective}"
        elif reason is None and value is not None and not math.isfinite(value):
            reason = f"{self.objective} is {value}, not a finite number"
        tags = {}
        if reason is None:
            ended = Ended(child, Outcome(TrialState.COMPLETE, value))
        else:
            ended = Ended(child, Outcome(TrialState.FAIL), reason, _last_lines(child.output))
            tags = {names.REASON: reason, names.STDERR: ended.stderr}
        tags[names.STATE] = ended.outcome.state.name
        for key, text in tags.items():  # mostly one, and one alone costs half of what a batch does
            client.set_tag(child.run_id, key, text[-tracking.TAG_LENGTH :])
        client.set_terminated(child.run_id, "FINISHED" if reason is None else "FAILED")
        return ended

    def end(self, children: Iterable[Child]) -> None:
        """End children, all at once: ask, wait, kill; mark their runs KILLED."""
        ending = list(children)
        for child in ending:
            submitted.send(child.submitted, signal.SIGTERM)
        deadline = time.monotonic() + warm.GRACE_S
        while any(child.is_running() for child in ending) and time.monotonic() < deadline:
            time.sleep(submitted.POLL_S)
        for child in ending:
            submitted.send(child.submitted, signal.SIGKILL)
            child.submitted.cancel()
            MlflowClient().set_terminated(child.run_id, "KILLED")

    def _spelled(self, hyperparameter: str) -> str:
        # One that starts with the prefix itself is meant for an inner estimator, and would lose it.
        prefixed = hyperparameter in self.own or hyperparameter.startswith("estimator__")
        return f"estimator__{hyperparameter}" if prefixed else hyperparameter


def _last_lines(output: Path) -> str:
    if not output.exists():
        return ""
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
