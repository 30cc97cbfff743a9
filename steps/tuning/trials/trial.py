"""A child of a study: its job, the run that does it, how it ended."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

from optuna.trial import TrialState

from steps.backends.submitted_run import FREE, GRACE_S, ChildRun
from steps.names import State, Tag
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Outcome
from steps.tuning.trials.places import Place

# The states of a settled child, by their names in a run's tag.
SETTLED = {name: TrialState[name] for name in State.SETTLED}
_STATUS = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAIL: "FAILED"}
# The reason of a child that is run again, whatever `retries` says: somebody has deleted its run.
DELETED = "its run was deleted"
# How long after it was asked to end a child is given up, though it was killed meanwhile.
_GIVE_UP_S = 4 * GRACE_S


def status_of(state: TrialState, *, on_rung: bool) -> str:
    """Return the status that a settled child's run gets; PRUNED on a rung means that it did all of its work."""
    return "FINISHED" if on_rung and state == TrialState.PRUNED else _STATUS[state]


@dataclass(frozen=True)
class Rung:
    """On which rung a trial is evaluated: the evaluation's number in the study, and what it has of which budget.

    `promoted_from` is the run on the rung below, and `steps` has what the rungs below have scored: (budget, score).
    """

    place: int
    name: str
    budget: int
    is_top: bool
    promoted_from: str = ""
    steps: Steps = ()

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags of the evaluation's run."""
        promoted = {Tag.PROMOTED_FROM: self.promoted_from} if self.promoted_from else {}
        return {Tag.EVALUATION: str(self.place), Tag.BUDGET: str(self.budget), **promoted}


@dataclass(frozen=True)
class Job:
    """What a child is to do: trial `number`, or a baseline (None), with an estimator and its typed hyperparameters.

    `estimator` is an import path, None if the entry point has none or chooses it. A job that runs a trial once more
    has a `role` of its own, and `parameters` and environment `variables` beside those of every child. `rung` is set if
    trials are promoted.
    """

    number: int | None
    estimator: str | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    role: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    rung: Rung | None = None

    @property
    def place(self) -> int:
        """Return its place in the study's order: the trial's number, on a rung the evaluation's; -1: it has none."""
        if self.rung is not None:
            return self.rung.place
        return -1 if self.number is None else self.number

    @property
    def is_promoted(self) -> bool:
        """Tell whether the same trial has been evaluated before, with less of its budget."""
        return self.rung is not None and self.rung.promoted_from != ""


@dataclass
class Child:
    """A child that has been launched at a place; `overdue` is the reason of its failure if it took too long."""

    job: Job
    submitted: ChildRun
    place: Place
    asked_to_end: float | None = None
    overdue: str = ""

    @property
    def number(self) -> int | None:
        """Return the trial's number, None for a baseline."""
        return self.job.number

    @property
    def run_id(self) -> str:
        """Return the MLflow run's id."""
        return str(self.submitted.run_id)

    @property
    def output(self) -> Path:
        """Return the file that gets what the child writes."""
        return self.submitted.output

    @property
    def node(self) -> str | None:
        """Return the address of the cluster's node that executes the child; None on this machine."""
        return self.submitted.node

    @property
    def device(self) -> str:
        """Return the devices that the child has, empty if it was given none."""
        return self.submitted.device or self.place.device

    def is_running(self) -> bool:
        """Tell whether the child has not ended yet.

        A child that does not end though it was killed, such as on a node that fell silent, is given up.
        """
        if self.asked_to_end is not None and time.monotonic() - self.asked_to_end > _GIVE_UP_S:
            return False
        return self.submitted.is_running()

    def failure(self) -> str | None:
        """Say how the child failed, once it has ended; None if it ended well."""
        return self.overdue or self.submitted.failure()

    @property
    def costs(self) -> Mapping[str, float]:
        """Return what the ended child took, by the names of metrics; empty where nobody knows."""
        return self.submitted.costs

    def age_s(self) -> float:
        """Return the seconds since the command started; 0 while the child is queued on a cluster."""
        started = self.submitted.started
        return 0.0 if started is None else time.monotonic() - started

    def ask_to_end(self) -> None:
        """Ask the child to end, without waiting; kill it if it was asked more than its `grace_s` ago."""
        if self.asked_to_end is None:
            self.asked_to_end = time.monotonic()
            self.submitted.ask_to_end()
        elif time.monotonic() - self.asked_to_end > self.submitted.grace_s:
            self.submitted.signal(SIGKILL)


@dataclass(frozen=True)
class Adopted:
    """A run that an earlier tuner launched: it ended well, but that tuner was gone before it could settle it."""

    job: Job
    run_id: str
    output: Path | None = None
    node: str | None = None
    device: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)  # nobody knows them any more

    @property
    def number(self) -> int | None:
        """Return the trial's number, None for a baseline."""
        return self.job.number

    def failure(self) -> str | None:
        """Return None: it did not fail."""
        return None


@dataclass(frozen=True)
class TrialResult:
    """A child that has ended: its outcome and, if that is FAIL, the reason and the last lines of its output.

    `refusal` says which arguments its script does not take or lacks, or which objective it did not log: every trial
    would fail so. That of a baseline is one only for want of an objective.
    """

    job: Job
    run_id: str
    outcome: Outcome
    reason: str = ""
    stderr: str = ""
    retried: bool = False  # the job is to be run again
    refusal: str = ""
    seconds: float = 0.0  # that it took; 0 if an earlier start of the study ran it

    @property
    def may_go_on(self) -> bool:
        """Tell whether it may be promoted to the next rung."""
        return self.job.rung is not None and self.outcome.state == TrialState.PRUNED

    @property
    def is_free(self) -> bool:
        """Tell whether it is to be run again without that being counted: the trial itself has not failed."""
        return self.retried and (any(free in self.reason for free in FREE) or self.reason == DELETED)

    @property
    def misses_objective(self) -> bool:
        """Tell whether it ended well, but did not log what is optimized."""
        return self.refusal != "" and self.refusal == self.reason

    @property
    def value(self) -> float | None:
        """Return the first objective's value, None for a child without one."""
        return self.outcome.values[0] if self.outcome.values else None
