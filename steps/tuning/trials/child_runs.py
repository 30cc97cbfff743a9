"""A trial as a child run: launch it through `mlflow.run`, watch its metrics, settle what it left."""

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import mlflow
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import backends
from steps.backends import adapter, control
from steps.backends.submitted_run import GRACE_S, POLL_S, is_transient
from steps.names import Artifact, Metric, Role, State, Tag
from steps.tracking import read, write
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search.objective import Objective
from steps.tuning.search.pruning import Steps, as_logged
from steps.tuning.search.search import Outcome
from steps.tuning.trials import refusal
from steps.tuning.trials.command import Origin
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import STATUS, Adopted, Child, Job, TrialResult

# How many lines of a failed child's output go to a tag of its run.
_LAST_LINES = 20
_REASON_LENGTH = 300
# How many characters of that output, its end, become an artifact.
_LOG_LENGTH = 20_000_000


@dataclass(frozen=True)
class ChildRuns:
    """Launches and settles the child runs of one study; `folder` takes their output.

    `parameters` go to every child. `steps_of` is the metric whose steps a pruner sees, and `seen_by_pruner` makes of
    them what it sees. `several` tells whether the study has several estimators: then the record of a child names its
    own.
    """

    project: str
    entry: EntryPoint
    parameters: Mapping[str, str]
    objectives: Sequence[Objective]
    steps_of: str
    study: str
    experiment_id: str
    backend: str
    backend_config: Mapping[str, Any]
    digits: int
    folder: Path
    origin: Origin
    seen_by_pruner: Callable[[Steps], Steps] = as_logged
    several: bool = False

    def command(self, job: Job) -> dict[str, str]:
        """Return the parameters that a child is launched with."""
        estimator = {} if job.estimator is None else {"estimator": job.estimator}
        searched = {self.entry.spelled(key): self.entry.word(value) for key, value in job.hyperparameters.items()}
        return {**self.parameters, **job.parameters, **estimator, **searched}

    def recorded(self, job: Job) -> dict[str, Any]:
        """Return the typed hyperparameters that go on record."""
        return {**({"estimator": job.estimator} if self.several else {}), **job.hyperparameters}

    def launch(self, job: Job, place: Place, *, retry_of: str | None = None) -> Child:
        """Create a child run and start it at a place; returns at once."""
        place.prepare()
        name = self._name(job)
        output = self.folder / f"{name}.log"
        tags, metrics = self._record_of(job)
        if retry_of is not None:
            tags[Tag.RETRY_OF] = retry_of
        ours = self.backend in backends.OURS
        own = {"name": name, "tags": tags, "metrics": metrics, "variables": place.variables, "folder": place.folder}
        config = own if ours else self.backend_config
        with contextlib.nullcontext() if ours else control.surroundings(output, place.variables):
            run = mlflow.run(
                self.project,
                self.entry.name,
                parameters=self.command(job),
                experiment_id=self.experiment_id,
                backend=self.backend,
                backend_config=dict(config),
                storage_dir=str(self.folder),
                synchronous=False,
                env_manager="local",  # the tuner's own environment has all that a child needs
                run_name=None if ours else name,
            )
        if not ours:
            write.record(run.run_id, metrics, tags)
        return Child(job, adapter.adapt(run, output), place)

    def steps(self, run_id: str) -> Steps:
        """Return what a pruner sees of a run so far, (step, value) in order: the first finite value of each step."""
        values: dict[int, float] = {}
        for metric in sorted(self._history(run_id, self.steps_of), key=lambda m: (m.step, m.timestamp)):
            values.setdefault(metric.step, metric.value)
        return self.seen_by_pruner([(step, value) for step, value in values.items() if read.is_finite(value)])

    def settle(
        self,
        child: Child | Adopted,
        reported: Sequence[tuple[int, float]] = (),
        pruned_at: int | None = None,
        *,
        may_retry: bool = False,
    ) -> TrialResult:
        """Read what an ended child left, write its state to its run, and return the result.

        It is PRUNED if the pruner decided so, at step `pruned_at`; `reported` are the steps that the pruner has seen,
        up to that. It is COMPLETE if the process ended well and the run has each objective as a finite number. Else it
        is FAIL, or RETRIED if it may be run again and the failure is transient.
        """
        if pruned_at is not None:
            ended = TrialResult(child.job, child.run_id, Outcome(TrialState.PRUNED, steps=tuple(reported)))
        else:
            values, reason = self._values(child)
            if reason is None:
                ended = TrialResult(child.job, child.run_id, Outcome(TrialState.COMPLETE, values, tuple(reported)))
            else:
                lines = _last_lines(child.output)
                outcome = Outcome(TrialState.FAIL, steps=tuple(reported))
                retried = may_retry and is_transient(reason)
                refused = "" if retried else self._refusal(child.job, reason, lines)
                whole_reason = _with_last_line(reason, lines)
                ended = TrialResult(child.job, child.run_id, outcome, whole_reason, lines, retried, refused)
        self._write(ended, pruned_at, child.output, child.node)
        return ended

    def stop(self, children: Iterable[Child]) -> None:
        """End children that the study no longer wants, all at once: ask, wait, kill. Their runs are STOPPED."""
        ending = list(children)
        for child in ending:
            child.submitted.signal(SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while any(child.is_running() for child in ending) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        for child in ending:
            child.submitted.signal(SIGKILL)
            child.submitted.cancel()
        for child in ending:  # after all have ended, since the server may not answer
            self.disown(child.run_id)
            MlflowClient().set_terminated(child.run_id, "KILLED")

    def disown(self, run_id: str) -> None:
        """Mark a run as one that does not count in the study."""
        MlflowClient().set_tag(run_id, Tag.STATE, State.STOPPED)

    def _values(self, child: Child | Adopted) -> tuple[tuple[float, ...], str | None]:
        values = []
        reason = child.failure()
        for objective in self.objectives:
            # To read one metric costs a sixth of reading the run.
            history = self._history(child.run_id, objective.name)
            value = max(history, key=lambda m: (m.step, m.timestamp)).value if history else None
            if reason is None and value is None:
                reason = f"ended well, but logged no {objective.name}"
            elif reason is None and value is not None and not read.is_finite(value):
                reason = f"{objective.name} is {value:.6g}, not a finite number"
            if value is not None:
                values.append(value)
        return tuple(values), reason

    def _refusal(self, job: Job, reason: str, lines: str) -> str:
        """Say which arguments a trial's script does not take, or lacks; empty if it failed of something else."""
        if job.number is None or not reason.startswith("exit code"):
            return ""
        said = refusal.refusal(lines, self.command(job))
        return f"{self.entry.name!r} {said}" if said else ""

    def _write(self, ended: TrialResult, pruned_at: int | None, output: Path | None, node: str | None) -> None:
        tags = {Tag.STATE: State.RETRIED if ended.retried else ended.outcome.state.name}
        if node is not None:
            tags[Tag.NODE] = node
        if ended.outcome.state == TrialState.FAIL:
            tags |= {Tag.REASON: ended.reason, Tag.STDERR: ended.stderr}
            self._keep_log(ended.run_id, output)
        reported = json.dumps(ended.outcome.steps)
        if ended.outcome.steps and len(reported) <= write.TAG_LENGTH:  # else a resumed study reads them from the metric
            tags[Tag.REPORTED] = reported
        if pruned_at is not None:
            tags[Tag.PRUNED_AT] = str(pruned_at)
        client, run_id = MlflowClient(), ended.run_id
        if len(tags) == 1:  # one tag costs half of what a batch does
            client.set_tag(run_id, Tag.STATE, tags[Tag.STATE])
        else:
            write.record(run_id, tags=tags)
        client.set_terminated(run_id, STATUS[ended.outcome.state])

    def _keep_log(self, run_id: str, output: Path | None) -> None:
        if output is not None and output.exists():
            text = output.read_text(encoding="utf-8", errors="replace")
            MlflowClient().log_text(run_id, text[-_LOG_LENGTH:], Artifact.LOG)

    def _history(self, run_id: str, metric: str) -> list[Any]:
        return list(MlflowClient().get_metric_history(run_id, metric))

    def _name(self, job: Job) -> str:
        if job.role:
            return job.role if job.role == Role.CHAMPION else f"{job.role} {job.number:0{self.digits}d}"
        if job.number is not None:
            return f"trial {job.number:0{self.digits}d}"
        return f"baseline {(job.estimator or '').rpartition('.')[2]}" if self.several else "baseline"

    def _record_of(self, job: Job) -> tuple[dict[str, str], list[mlflow.entities.Metric]]:
        tags = {
            Tag.STUDY: self.study,
            Tag.ROLE: job.role or (Role.BASELINE if job.number is None else Role.TRIAL),
            Tag.PARAMS: json.dumps(self.recorded(job)),
            Tag.REPRODUCE: self.origin.command(self.entry.name, self.command(job)),
        }
        if job.estimator is not None:
            tags[Tag.ESTIMATOR] = job.estimator
        if job.number is None:
            return tags, []
        tags[Tag.TRIAL] = str(job.number)
        # A trial that is run once more has no number for an axis: charts would show the trial twice.
        return tags, [] if job.role else [write.metric(Metric.TRIAL, job.number)]


def _with_last_line(reason: str, lines: str) -> str:
    """Add to an exit code the last line that the process wrote: of an exception, its type and message."""
    last = lines.rpartition("\n")[2].strip()
    return f"{reason}: {last[:_REASON_LENGTH]}" if last and reason.startswith("exit code") else reason


def _last_lines(output: Path | None) -> str:
    if output is None or not output.exists():
        return ""
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])
