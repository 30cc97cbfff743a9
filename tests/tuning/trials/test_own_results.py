"""What is read of a child of somebody's own entry point: real runs in a real database."""

from collections.abc import Callable

import pytest
from mlflow.entities import Metric, RunTag
from mlflow.tracking import MlflowClient

from steps.names import Tag
from steps.tuning.search.objective import Objective
from steps.tuning.trials.own_results import OwnResults

LOSS = Objective("loss", "minimize")
STEPS = [(0, 1.0), (1, 0.5)]


@pytest.fixture
def results(client: MlflowClient) -> OwnResults:
    return OwnResults([LOSS], "0")


@pytest.fixture
def trial(client: MlflowClient) -> str:
    return str(client.create_run("0", tags={Tag.ROLE: "trial"}, run_name="trial 007").info.run_id)


@pytest.fixture
def started(client: MlflowClient, trial: str) -> Callable[..., str]:
    """Start a run as a trial's code does: below another, or beside the trial's; it has the steps of its metrics."""

    def start(below: str | None = None, *metrics: str, tagged: bool = True) -> str:
        tags = {"mlflow.parentRunId": below} if below else {}
        run_id = str(client.create_run("0", tags={**tags, **({Tag.WITHIN: trial} if tagged else {})}).info.run_id)
        every = [Metric(name, value, 1000 + step, step) for name in metrics for step, value in STEPS]
        client.log_batch(run_id, every)
        client.log_batch(trial, tags=[RunTag(Tag.STARTS_RUNS, "true")])
        return run_id

    return start


def history(run_id: str, metric: str = "loss") -> list[tuple[int, float]]:
    return sorted((m.step, m.value) for m in MlflowClient().get_metric_history(run_id, metric))


@pytest.mark.parametrize("tagged", [True, False])
def test_the_only_nested_run_with_the_objective_counts(results, trial, started, tagged, capsys):
    """At any depth, whoever started it; the trial's own run gets every step, and one line says so, once."""
    deep = started(started(started(trial, tagged=tagged), tagged=tagged), "loss", "seconds", tagged=tagged)
    assert [(m.step, m.value) for m in results.history(trial, "loss", ended=True)] == STEPS
    for _ in range(2):
        assert results.take(trial, None, pruned=False).values == {"loss": 0.5}
    assert history(trial) == STEPS
    assert history(trial, "seconds") == []
    assert capsys.readouterr().err.count(f"loss is taken from the run below a trial's that has it, such as {deep}") == 1
    assert MlflowClient().get_run(deep).info.status == "FINISHED"


def test_one_of_several_nested_runs_is_not_picked(results, trial, started):
    """The reason names them; the pruner sees none of them."""
    inner = [started(trial, "loss") for _ in range(5)]
    assert results.history(trial, "loss", ended=True) == []
    taken = results.take(trial, None, pruned=False)
    assert taken.values == {}
    assert taken.reason.startswith("the entry point logged loss to 5 runs nested below the trial's, ")
    assert sum(run_id in taken.reason for run_id in inner) == 3
    assert "and 2 more" in taken.reason


def test_a_run_beside_the_trials_is_named(results, trial, started, client):
    """And ended; the runs of another trial are left alone."""
    beside, others = started(None, "loss"), client.create_run("0", tags={Tag.WITHIN: "another"}).info.run_id
    reason = results.take(trial, None, pruned=False).reason
    assert reason.startswith(f"the entry point logged loss to run {beside}, which it started beside the trial's; ")
    assert [client.get_run(run_id).info.status for run_id in (beside, others)] == ["FINISHED", "RUNNING"]


def test_a_run_that_nobody_owns_to_is_named_but_left_alone(results, trial, client):
    """It may be anybody's: a program that is no Python started it, or a person."""
    stray = client.create_run("0").info.run_id
    client.log_metric(stray, "loss", 0.5)
    reason = results.take(trial, None, pruned=False).reason
    assert f"run {stray}, started meanwhile, has it" in reason
    assert client.get_run(stray).info.status == "RUNNING"


NAMES = [
    ([], "ended well, but logged no loss, nor any other metric"),
    (
        ["val_loss", "acc", "Loss"],
        "ended well, but logged no loss (did you mean 'Loss'?); it logged Loss, val_loss, acc",
    ),
]


@pytest.mark.parametrize(("names", "reason"), NAMES)
def test_the_metrics_that_there_are_stand_in_the_reason(results, trial, client, names, reason):
    """The nearest first; the trial's number is none of them."""
    for name in ["trial", *names]:
        client.log_metric(trial, name, 1.0)
    assert results.take(trial, None, pruned=False).reason == reason


def test_another_server_stands_before_the_exit_code(results, trial, client):
    """Whatever the process says of its end; and if that went well, instead of a list of metrics."""
    client.set_tag(trial, Tag.OTHER_SERVER, "http://other:5000")
    begins = "the entry point logged to another server: http://other:5000; "
    assert results.take(trial, None, pruned=False).reason.startswith(begins)
    failed = results.take(trial, "exit code 1", pruned=False).reason
    assert failed.startswith(begins)
    assert failed.endswith(" (exit code 1)")


def test_a_pruned_trial_keeps_the_steps_of_its_nested_run(results, trial, started):
    """And its runs are KILLED, as it is."""
    inner = started(trial, "loss")
    results.take(trial, "killed by SIGTERM", pruned=True)
    assert history(trial) == STEPS
    assert MlflowClient().get_run(inner).info.status == "KILLED"


def test_a_cost_that_a_script_logs_itself_stays(client, trial):
    """The other one is measured; either may be an objective."""
    results = OwnResults([Objective("cpu_s", "minimize"), Objective("peak_memory_mb", "minimize")], "0")
    client.log_metric(trial, "cpu_s", 7.0)
    taken = results.take(trial, None, pruned=False, costs={"peak_memory_mb": 120.5, "cpu_s": 0.25})
    assert taken.values == {"cpu_s": 7.0, "peak_memory_mb": 120.5}
    assert [(metric.key, metric.value) for metric in taken.unlogged] == [("peak_memory_mb", 120.5)]


LOGGED = [(0, 0.5), (1, 0.25), (2, 0.75), (3, float("nan")), (4, 0.5)]


@pytest.mark.parametrize(
    ("name", "direction", "expected", "best_step"),
    [
        ("loss:best", "minimize", (1, 0.25), "1"),
        ("loss:best", "maximize", (2, 0.75), "2"),
        ("loss:mean_last_1", "minimize", (4, 0.5), ""),
    ],
)
def test_the_step_that_counts_is_read_of_all_that_was_logged(name, direction, expected, best_step, client, trial):
    """The run gets a metric of the objective's name at that step, and of the best the step as a tag."""
    for step, value in LOGGED:
        client.log_metric(trial, "loss", value, step=step)
    results = OwnResults([Objective(name, direction, name.partition(":")[2]), LOSS], "0")
    taken = results.take(trial, None, pruned=False)
    assert (taken.values, taken.best_step) == ({name: expected[1], "loss": 0.5}, best_step)
    assert [(metric.key, metric.step, metric.value) for metric in taken.unlogged] == [(name, *expected)]


def test_without_a_finite_step_there_is_no_best(client, trial):
    """The trial has failed, and so it has where the metric is missing."""
    results = OwnResults([Objective("loss:best", "minimize", "best")], "0")
    assert results.take(trial, None, pruned=False).reason == "ended well, but logged no loss, nor any other metric"
    client.log_metric(trial, "loss", float("nan"))
    assert results.take(trial, None, pruned=False).not_finite == "loss:best is nan, not a finite number"


def test_a_nested_runs_steps_count_too(client, trial, started):
    """They are copied to the trial's run, and the best of them is there."""
    started(trial, "loss")
    taken = OwnResults([Objective("loss:best", "maximize", "best")], "0").take(trial, None, pruned=False)
    assert (taken.values, taken.best_step) == ({"loss:best": 1.0}, "0")


def test_a_metric_that_is_named_as_the_objective_would_be_is_said(client, trial):
    """Which of the two is meant nobody can tell."""
    for name in ("loss", "loss:best"):
        client.log_metric(trial, name, len(name))
    taken = OwnResults([Objective("loss:best", "minimize", "best")], "0").take(trial, None, pruned=False)
    assert taken.reason is not None
    assert taken.reason.startswith("the entry point logged a metric loss:best itself")
    assert taken.reason.endswith("give --objective 'loss:best:last'")


def test_while_it_runs_nested_runs_are_looked_for_once_a_second(results, trial, started, monkeypatch):
    """A look costs two searches; a run that was found is read each time."""
    now = [1000.0]
    monkeypatch.setattr("steps.tuning.trials.own_results.time.monotonic", lambda: now[0])
    assert results.history(trial, "loss", ended=False) == []
    started(trial, "loss")
    assert results.history(trial, "loss", ended=False) == []
    now[0] += 1.1
    assert len(results.history(trial, "loss", ended=False)) == 2
    assert len(results.history(trial, "loss", ended=False)) == 2


@pytest.fixture
def again(client: MlflowClient) -> Callable[..., tuple[OwnResults, str]]:
    """Make the attempts at a trial, each with its steps of the loss, and what reads the last of them."""

    def make(name: str, *attempts: dict[int, float]) -> tuple[OwnResults, str]:
        results = OwnResults([Objective(name, "minimize", name.partition(":")[2] or "last")], "0")
        run_id = before = ""
        for steps in attempts:
            run_id = str(client.create_run("0").info.run_id)
            for step, value in steps.items():
                client.log_metric(run_id, "loss", value, step=step)
            if before:
                results.attempts.before[run_id] = before
            before = run_id
        return results, run_id

    return make


DISTURBED = ({1: 0.5, 2: 0.125, 3: 0.75, 4: 9.0}, {4: 0.75, 5: 1.0}, {6: 1.25})
WHOLE = [(1, 0.5), (2, 0.125), (3, 0.75), (4, 0.75), (5, 1.0), (6, 1.25)]


@pytest.mark.parametrize(
    ("name", "value", "best_step"), [("loss:best", 0.125, "2"), ("loss:mean_last_4", 0.9375, ""), ("loss", 1.25, "")]
)
def test_a_trial_that_went_on_is_judged_by_the_steps_of_all_attempts(name, value, best_step, again):
    """As if undisturbed: value, step of the best, and what a pruner sees; its run has the whole curve then."""
    results, run_id = again(name, *DISTURBED)
    assert sorted((one.step, one.value) for one in results.history(run_id, "loss", ended=False)) == WHOLE
    for _ in range(2):  # a tuner may die before it has settled the run
        taken = results.take(run_id, None, pruned=False)
        assert (taken.reason, taken.values, taken.best_step) == (None, {name: value}, best_step)
        assert history(run_id) == WHOLE


def test_a_trial_that_began_anew_is_judged_by_its_own_steps(again):
    """It has logged every step itself."""
    results, run_id = again("loss:best", {1: 0.25, 2: 0.125}, {1: 0.5, 2: 0.75})
    assert results.take(run_id, None, pruned=False).values == {"loss:best": 0.5}
    assert history(run_id) == [(1, 0.5), (2, 0.75)]


def test_an_attempt_with_nothing_left_to_train_has_what_was_logged_before(again):
    """It was killed after its last step; a cost is none of what it goes on from."""
    results, run_id = again("loss:best", {1: 0.25, 2: 0.5}, {})
    assert results.take(run_id, None, pruned=False).values == {"loss:best": 0.25}
    costs, run_id = again("cpu_s", {}, {})
    MlflowClient().log_metric(costs.attempts.before[run_id], "cpu_s", 3.0)
    assert costs.take(run_id, None, pruned=False).values == {}
    assert costs.take(run_id, None, pruned=False, costs={"cpu_s": 1.0}).values == {"cpu_s": 1.0}


def test_steps_in_nested_runs_are_those_of_the_attempt(again, client):
    """Of the newest attempt and of one before."""
    results, run_id = again("loss:best", {}, {})
    for parent, steps in ((results.attempts.before[run_id], STEPS), (run_id, [(2, 0.75)])):
        nested = client.create_run("0", tags={"mlflow.parentRunId": parent}).info.run_id
        for step, value in steps:
            client.log_metric(nested, "loss", value, step=step)
    taken = results.take(run_id, None, pruned=False)
    assert (taken.values, taken.best_step) == ({"loss:best": 0.5}, "1")
    assert history(run_id) == [*STEPS, (2, 0.75)]
