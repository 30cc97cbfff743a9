"""A trial as a child run: launch it through `mlflow.run`, watch its metrics, settle what it left."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import mlflow
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE
from optuna.trial import TrialState

from steps import backends
from steps.backends import adapter, control, failures, log_file
from steps.backends.stage import THIS_STAGE, Stage
from steps.backends.submitted_run import GRACE_S, POLL_S, is_free, is_transient
from steps.names import CHECKPOINT, Metric, State, Tag
from steps.tracking import deleted, read, whole, write
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.search.pruning import Steps, as_logged
from steps.tuning.search.search import Outcome
from steps.tuning.trials import begin_tags, description, end_tags, refusal, run_name, rung
from steps.tuning.trials.checkpoints import NO_CHECKPOINTS, Checkpoints
from steps.tuning.trials.child_results import ChildResults, Taken
from steps.tuning.trials.command import Origin
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Adopted, Child, Job, TrialResult, status_of
from steps.tuning.tuned_project import TunedProject

# How many lines of a failed child's output go to a tag of its run.
_LAST_LINES = 20


@dataclass(frozen=True)
class ChildRuns:
    """Launches and settles the child runs of one study; `folder` takes their output.

    `parameters` go to every child. `steps_of` is the metric whose steps a pruner sees, and `seen_by_pruner` makes of
    them what it sees. `several` tells whether the study has several estimators: then the record of a child names its
    own. `results` reads what they leave behind. `headway` is called after each request to the server at a child's end.
    """

    project: TunedProject
    entry: EntryPoint
    parameters: Mapping[str, str]
    objectives: Sequence[Objective]
    results: ChildResults
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
    constraints: Sequence[Constraint] = ()
    checkpoints: Checkpoints = NO_CHECKPOINTS
    stage: Stage = THIS_STAGE
    headway: Callable[[], None] = lambda: None

    def command(self, job: Job) -> dict[str, str]:
        """Return the parameters that a child is launched with."""
        estimator = {} if job.estimator is None else {"estimator": job.estimator}
        searched = {self.entry.spelled(key): self.entry.word(value) for key, value in job.hyperparameters.items()}
        return {**self.parameters, **job.parameters, **estimator, **searched}

    def recorded(self, job: Job) -> dict[str, Any]:
        """Return the typed hyperparameters that go on record."""
        return {**({"estimator": job.estimator} if self.several else {}), **job.hyperparameters}

    def name_of(self, job: Job) -> str:
        """Return the name of a job's run."""
        return run_name.of(job, self.digits, several=self.several)

    def launch(self, job: Job, place: Place, *, retry_of: str | None = None) -> Child:
        """Create a child run and start it at a place; returns at once."""
        place.prepare()
        name = self.name_of(job)
        output = log_file.path_for(self.folder, name)
        tags, metrics = self._record_of(job)
        if place.device:
            tags[Tag.DEVICE] = place.device
        if retry_of is not None:
            tags[Tag.RETRY_OF] = retry_of
        if self.backend != backends.RAY:  # there it is on a node
            tags |= self.results.launched(output)
        ours = self.backend in backends.OURS
        checkpoint = self.checkpoints.begin(job)
        tags |= checkpoint.tags
        variables = {**place.variables, **checkpoint.variables, **job.variables}
        own = {
            "name": name, "tags": tags, "metrics": metrics, "output": str(output),
            "variables": variables, "folder": place.folder,
        }  # fmt: skip
        config = own if ours else self.backend_config
        uri, version = self.project.source(again=ours)
        with contextlib.ExitStack() as stack:
            if not ours:
                stack.enter_context(control.surroundings(output, {**variables, **self.results.variables}))
                stack.enter_context(self.stage.handed_on())
            run = mlflow.run(
                uri,
                self.entry.name,
                version,
                parameters={**self.command(job), **checkpoint.parameters},
                experiment_id=self.experiment_id,
                backend=self.backend,
                backend_config=dict(config),
                storage_dir=str(self.folder),
                synchronous=False,
                env_manager=self.stage.manager,
                run_name=None if ours else name,
            )
        if not ours:
            whole.keep_parameters(run.run_id, self.command(job))
            write.record(run.run_id, metrics, {**tags, **self.project.source_tags})
        if retry_of is not None:
            self.results.attempts.before[run.run_id] = retry_of
        return Child(job, adapter.adapt(run, output), place)

    def steps(self, run_id: str, *, ended: bool = False) -> Steps:
        """Return what a pruner sees of a run so far, (step, value) in order: the first finite value of each step.

        What earlier attempts of an entry point of its own logged before the run went on is among it.
        """
        history = self.results.history(run_id, self.steps_of, ended=ended)
        values: dict[int, float] = {}
        for metric in sorted(history, key=lambda m: (m.step, m.timestamp)):
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
        failure = child.failure()
        taken = self.results.take(child.run_id, failure, pruned=pruned_at is not None, costs=child.costs)
        self.headway()
        reason = taken.reason or taken.not_finite
        if pruned_at is not None:
            ended = TrialResult(child.job, child.run_id, Outcome(TrialState.PRUNED, steps=tuple(reported)))
        elif reason is None:
            values = tuple(taken.values[objective.name] for objective in self.objectives)
            excess = tuple(constraint.excess(taken.values) for constraint in self.constraints)
            outcome = replace(rung.outcome(child.job, values, reported), excess=excess)
            ended = TrialResult(child.job, child.run_id, outcome)
        else:
            lines = log_file.last_lines(child.output)
            if failure:
                reason = reason.replace(failure, failures.explain(failure, lines, child.device), 1)
            lines = "\n".join(lines.splitlines()[-_LAST_LINES:])
            outcome = Outcome(TrialState.FAIL, steps=tuple(reported))
            retried = is_free(failure or "") or (may_retry and is_transient(failure or ""))
            refused = "" if retried else self._refusal(child.job, failure or "", taken.reason or "", lines)
            ended = TrialResult(child.job, child.run_id, outcome, reason, lines, retried, refused)
        self._write(ended, pruned_at, child, taken)
        if not ended.retried and not ended.may_go_on:
            self.checkpoints.end(child.job)
        return replace(ended, seconds=child.age_s()) if isinstance(child, Child) else ended

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
            self.headway()
        for child in ending:  # after all have ended, since the server may not answer
            with deleted.ignored(child.run_id):
                _leave_out(child.run_id)
                self.headway()
                self.results.end_inner(child.run_id)
                self.headway()
                MlflowClient().set_terminated(child.run_id, "KILLED")
                self.headway()

    def disown(self, ended: TrialResult) -> None:
        """Mark an ended trial's run as one that does not count; a later start has the trial begin anew."""
        self.checkpoints.forget(ended.job)
        with deleted.ignored(ended.run_id):
            _leave_out(ended.run_id)

    def _refusal(self, job: Job, failure: str, reason: str, lines: str) -> str:
        """Say what was refused, or not logged, so that every trial would fail; empty if it was something else."""
        if not failure and not self.entry.runs_train:
            return reason
        judged = job.number is not None and failure.startswith("exit code")
        said = refusal.refusal(lines, self.command(job)) if judged else ""
        return f"{self.entry.name!r} {said}" if said else ""

    def _write(self, ended: TrialResult, pruned_at: int | None, child: Child | Adopted, taken: Taken) -> None:
        tags = end_tags.of(ended, pruned_at, child, taken, self.constraints)
        if not taken.is_described:
            names = [objective.name for objective in self.objectives]
            tags[MLFLOW_RUN_NOTE] = description.of(ended, pruned_at, names, self.recorded(child.job))
        client, run_id = MlflowClient(), ended.run_id
        tags |= self.results.keep(run_id, child.output, failed=ended.outcome.state == TrialState.FAIL)
        self.headway()
        name = self.name_of(child.job)
        if taken.run_name not in (None, name) and not str(taken.run_name).startswith(f"{name} · "):
            client.update_run(run_id, name=f"{name} · {taken.run_name}")
        write.record(run_id, taken.unlogged, tags)
        self.headway()
        client.set_terminated(run_id, status_of(ended.outcome.state, on_rung=child.job.rung is not None))
        self.headway()

    def _record_of(self, job: Job) -> tuple[dict[str, str], list[mlflow.entities.Metric]]:
        checkpoint = [CHECKPOINT] if self.checkpoints.declared else []
        command = self.origin.command(self.entry.name, self.command(job), checkpoint)
        tags = begin_tags.of(job, self.study, self.recorded(job), command)
        if not self.project.is_own:
            tags |= {Tag.PROJECT: self.project.uri, **self.stage.tags}
        # A trial that is run once more has no number for an axis: charts would show the trial twice.
        return tags, [] if job.number is None or job.role else [write.metric(Metric.TRIAL, job.number)]


def _leave_out(run_id: str) -> None:
    MlflowClient().set_tag(run_id, Tag.STATE, State.STOPPED)
