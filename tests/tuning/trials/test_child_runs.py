"""How an ended child is settled: real runs in a real database, of children that are no processes."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import Unreachable
from steps.tuning import entry_point
from steps.tuning.search import constraints
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.search.search import Outcome
from steps.tuning.trials import child_runs
from steps.tuning.trials.checkpoints import Checkpoints
from steps.tuning.trials.child_results import ChildResults
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.command import Origin
from steps.tuning.trials.trial import Adopted, Child, Job, Rung, TrialResult
from steps.tuning.tuned_project import this_project
from tests.tuning.trials.fake import FakeRun, child

ACCURACY = Objective("cv_accuracy", "maximize")
SECONDS = Objective("fit_time_s", "minimize")
KILLED = "killed by SIGKILL (out of memory?)"


@pytest.fixture
def children(client, tmp_path) -> ChildRuns:
    return study_of(tmp_path, ACCURACY)


def study_of(folder: Path, *objectives: Objective, bounds: tuple[Constraint, ...] = ()) -> ChildRuns:
    return ChildRuns(
        project=this_project(), entry=entry_point.find("train", this_project()), parameters={}, objectives=objectives,
        steps_of="fold_accuracy",
        results=ChildResults(constraints.measured(objectives, bounds), "0"), constraints=bounds,
        study="mine", experiment_id="0", backend="warm", backend_config={}, digits=3, folder=folder, origin=Origin(),
    )  # fmt: skip


@pytest.fixture
def ended(client, tmp_path) -> Iterator[Callable[..., Child]]:
    """Make a child that has ended, with what it has logged and written."""
    runs: list[FakeRun] = []

    def make(failure: str | None = None, output: str | None = None, **metrics: float) -> Child:
        run_id = client.create_run("0").info.run_id
        for name, value in metrics.items():
            client.log_metric(run_id, name, value)
        log = tmp_path / f"{run_id}.log"
        if output is not None:
            log.write_text(output)
        runs.append(FakeRun(run_id, log))
        runs[-1].end(failure)
        return child(7, runs[-1])

    yield make
    for run in runs:
        run.close()


def tuning_tags(run: Run) -> dict[str, str]:
    return {k.removeprefix("tuning."): v for k, v in run.data.tags.items() if k.startswith("tuning.")}


def recorded(settled: Any) -> tuple[str, dict[str, str]]:
    """The status and the tuner's tags of a settled run."""
    run = MlflowClient().get_run(settled.run_id)
    return run.info.status, tuning_tags(run)


def test_a_child_that_ended_well_with_its_objective_is_complete(children, ended):
    """The value is the last that it logged, by step."""
    one = ended(cv_accuracy=0.5)
    MlflowClient().log_metric(one.run_id, "cv_accuracy", 0.9, step=2)
    MlflowClient().log_metric(one.run_id, "cv_accuracy", 0.7, step=1)
    settled = children.settle(one, may_retry=True)
    assert (settled.outcome.state, settled.outcome.values, settled.reason) == (TrialState.COMPLETE, (0.9,), "")
    assert recorded(settled) == ("FINISHED", {"state": "COMPLETE"})


def test_with_two_objectives_both_count(client, ended, tmp_path):
    """In the order in which the study has them; without one of them the trial has failed."""
    children = study_of(tmp_path, SECONDS, ACCURACY)
    assert children.settle(ended(cv_accuracy=0.5, fit_time_s=0.1)).outcome.values == (0.1, 0.5)
    settled = children.settle(ended(cv_accuracy=0.5))
    assert settled.outcome.state == TrialState.FAIL
    assert settled.outcome.values == ()
    assert settled.reason == "ended well, but logged no fit_time_s"


FAILURES = [
    (None, {}, "ended well, but logged no cv_accuracy"),
    (None, {"cv_accuracy": float("nan")}, "cv_accuracy is nan, not a finite number"),
    (None, {"cv_accuracy": float("inf")}, "cv_accuracy is 1.79769e+308, not a finite number"),  # as MLflow keeps it
    ("exit code 1", {"cv_accuracy": 0.5}, "exit code 1: ValueError: no"),
    ("timeout: not ended after 5 s", {"cv_accuracy": 0.5}, "timeout: not ended after 5 s"),
    (KILLED, {}, KILLED),
    ("lost: the launcher ended", {}, "lost: the launcher ended"),
]


@pytest.mark.parametrize(("failure", "metrics", "reason"), FAILURES)
def test_a_child_that_failed_is_recorded_with_its_reason(failure, metrics, reason, children, ended):
    """A score that it logged does not count; what it wrote last goes to its run, and all of it to an artifact."""
    output = "".join(f"line {number}\n" for number in range(50)) + "ValueError: no\n"
    settled = children.settle(ended(failure, output, **metrics))
    assert (settled.outcome.state, settled.outcome.values) == (TrialState.FAIL, ())
    assert (settled.reason, settled.retried) == (reason, False)
    status, tags = recorded(settled)
    assert (status, tags["state"], tags["reason"]) == ("FAILED", "FAIL", reason)
    lines = tags["stderr"].splitlines()
    assert (len(lines), lines[-1]) == (20, "ValueError: no")
    assert mlflow.artifacts.load_text(f"runs:/{settled.run_id}/log.txt") == output


def test_a_child_whose_device_had_no_memory_left_says_so(children, ended):
    """With the device that its place has; the server has it as the reason."""
    one = ended("exit code 1", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n")
    one.place.device = "3"
    settled = children.settle(one)
    assert settled.reason.startswith("out of memory on device 3 (exit code 1): torch.OutOfMemoryError: CUDA out of")
    assert recorded(settled)[1]["reason"] == settled.reason


@pytest.mark.parametrize(
    ("failure", "retried"),
    [
        (KILLED, True),
        ("killed by SIGTERM", True),
        ("lost: node 127.0.0.3 is gone", True),
        (f"exit code {Unreachable.exit_code}", True),
        ("exit code 1", False),
        ("exit code 2", False),
        ("timeout: not ended after 5 s", False),
        (None, False),
    ],
)
def test_a_failure_that_may_pass_is_retried(failure, retried, children, ended):
    """If what executed the child was killed, and the trial may be run again."""
    settled = children.settle(ended(failure), may_retry=True)
    assert (settled.retried, settled.outcome.state) == (retried, TrialState.FAIL)
    status, tags = recorded(settled)
    assert (status, tags["state"]) == ("FAILED", "RETRIED" if retried else "FAIL")
    assert tags["reason"] == settled.reason != ""


@pytest.mark.parametrize("failure", [None, "ended", KILLED])
def test_what_the_pruner_decided_comes_first(failure, children, ended):
    """However the child ended, and whatever it logged meanwhile; the steps that the pruner saw are on record."""
    steps = [(0, 0.5), (1, 0.25)]
    settled = children.settle(ended(failure, cv_accuracy=0.5), steps, pruned_at=1, may_retry=True)
    assert (settled.outcome.state, settled.outcome.values) == (TrialState.PRUNED, ())
    assert list(settled.outcome.steps) == steps
    status, tags = recorded(settled)
    assert (status, tags["state"], tags["pruned_at"]) == ("KILLED", "PRUNED", "1")
    assert json.loads(tags["reported"]) == [[0, 0.5], [1, 0.25]]
    assert "reason" not in tags


def test_steps_that_no_tag_can_hold_are_left_to_the_metric(children, ended):
    """A cut list would be another one."""
    steps = [(step, 0.123456789) for step in range(1000)]
    settled = children.settle(ended(cv_accuracy=0.5), steps)
    assert len(settled.outcome.steps) == 1000
    assert recorded(settled) == ("FINISHED", {"state": "COMPLETE"})


COSTS = {"peak_memory_mb": 120.5, "cpu_s": 0.25}


@pytest.mark.parametrize(
    ("failure", "pruned_at", "state"), [(None, None, "COMPLETE"), ("exit code 1", None, "FAIL"), ("ended", 1, "PRUNED")]
)
def test_what_a_child_took_is_on_record(failure, pruned_at, state, children, ended):
    """However it ended."""
    one = ended(failure, cv_accuracy=0.5)
    one.submitted.took = COSTS
    settled = children.settle(one, pruned_at=pruned_at)
    run = MlflowClient().get_run(settled.run_id)
    assert run.data.metrics == {"cv_accuracy": 0.5, **COSTS}
    assert run.data.tags["tuning.state"] == state


def test_what_a_child_took_may_be_its_objective(client, ended, tmp_path):
    """It is on the run with the state; a run that nobody measured has failed for want of it."""
    children = study_of(tmp_path, ACCURACY, Objective("peak_memory_mb", "minimize"))
    one = ended(cv_accuracy=0.5)
    one.submitted.took = COSTS
    assert children.settle(one).outcome.values == (0.5, 120.5)
    assert children.settle(ended(cv_accuracy=0.5)).reason == "ended well, but logged no peak_memory_mb"


def test_a_child_that_breaks_a_constraint_is_complete_and_says_so(client, ended, tmp_path):
    """Which, and by how much; one that keeps it has no such tag, and one that lacks the metric has failed."""
    bound = Constraint(Objective("peak_memory_mb", "minimize"), "<=", 100)
    children = study_of(tmp_path, ACCURACY, bounds=(bound,))
    one, other = ended(cv_accuracy=0.5), ended(cv_accuracy=0.5)
    one.submitted.took, other.submitted.took = COSTS, {**COSTS, "peak_memory_mb": 100.0}
    settled = children.settle(one)
    assert (settled.outcome.values, settled.outcome.excess, settled.outcome.counts) == ((0.5,), (20.5,), ())
    assert recorded(settled) == ("FINISHED", {"state": "COMPLETE", "infeasible": "peak_memory_mb<=100 by 20.5"})
    assert recorded(children.settle(other)) == ("FINISHED", {"state": "COMPLETE"})
    assert children.settle(ended(cv_accuracy=0.5)).reason == "ended well, but logged no peak_memory_mb"


def test_the_node_that_executed_a_child_is_on_record(children, ended):
    """A cluster's nodes may differ; and when its command started there, since its run began when it was queued."""
    one = ended(cv_accuracy=0.5)
    one.submitted.node, one.submitted.device = "127.0.0.3", "0,1"
    one.submitted.started = time.monotonic() - 60
    tags = recorded(children.settle(one))[1]
    assert (tags["node"], tags["device"]) == ("127.0.0.3", "0,1")
    assert 60 <= time.time() - int(tags["started"]) / 1000 < 90


def test_a_run_of_an_earlier_tuner_is_settled_by_what_it_logged(children, client):
    """It is no process of this one's: its objective says that it ended well."""
    run_id = client.create_run("0").info.run_id
    client.log_metric(run_id, "cv_accuracy", 0.5)
    settled = children.settle(Adopted(Job(7), run_id))
    assert settled.outcome.values == (0.5,)
    assert recorded(settled) == ("FINISHED", {"state": "COMPLETE"})


def test_the_steps_of_a_run_are_the_first_finite_value_of_each(children, client):
    """In their order, whatever order they were logged in."""
    run_id = client.create_run("0").info.run_id
    for step, value in ((1, 0.3), (0, 0.2), (2, float("nan"))):
        client.log_metric(run_id, "fold_accuracy", value, step=step, timestamp=1000 + step)
    client.log_metric(run_id, "fold_accuracy", 0.9, step=0, timestamp=5000)
    assert children.steps(run_id) == [(0, 0.2), (1, 0.3)]


def test_children_that_the_study_goes_without_are_ended_and_count_nowhere(children, client, monkeypatch):
    """All are asked first; who does not listen is killed after the grace. Their runs are KILLED, and STOPPED."""
    monkeypatch.setattr(child_runs, "GRACE_S", 0.2)
    runs = [FakeRun(client.create_run("0").info.run_id, listens=listens) for listens in (True, False)]
    children.stop(child(number, run) for number, run in enumerate(runs))
    assert [run.signals for run in runs] == [[signal.SIGTERM, signal.SIGKILL]] * 2
    assert [run.calls for run in runs] == [["cancel"]] * 2
    for run in runs:
        on_record = client.get_run(run.run_id)
        assert (on_record.info.status, tuning_tags(on_record)) == ("KILLED", {"state": "STOPPED"})
        run.close()


@pytest.mark.parametrize("kept", [True, False])
def test_a_trial_that_ended_but_is_left_out_begins_anew_in_a_later_start(kept, children, ended, tmp_path):
    """After its last checkpoint nothing would be left to train. One that was cut off goes on from what it saved."""
    folder, trial = tmp_path / "study" / "trial-7", ended(cv_accuracy=0.9)
    made = replace(children, checkpoints=Checkpoints(folder.parent, declared=True, kept=kept))
    on_rung = replace(trial, job=replace(trial.job, rung=Rung(0, "epochs", 3, is_top=False)))
    made.checkpoints.begin(on_rung.job)
    settled = made.settle(on_rung)
    assert folder.exists()
    made.disown(settled)
    assert (folder.exists(), recorded(settled)[1]["state"]) == (False, "STOPPED")
    made.checkpoints.begin(on_rung.job)
    made.stop([on_rung])
    assert folder.exists()


def test_a_deleted_run_does_not_keep_others_from_being_ended(client, children, ended):
    """Children that are stopped or disowned get their state, whoever else's run is gone."""
    gone, there = ended(), ended()
    client.delete_run(gone.run_id)
    children.stop([gone, there])
    assert recorded(there) == ("KILLED", {"state": "STOPPED"})
    children.disown(TrialResult(gone.job, gone.run_id, Outcome(TrialState.COMPLETE, (0.5,))))
