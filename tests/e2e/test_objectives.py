"""What a study goes by, beside the last value of a metric: the best step of it, what a trial costs."""

import json

import pytest

from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

SCRIPT = {
    "entry_point": "tests/samples/own_script.py", "space": "lr=log(1e-2,0.9) momentum=0.6..0.9 epochs=30",
    "study": "mine", "jobs": 2,
}  # fmt: skip


def test_a_study_goes_by_the_best_step(place: Place) -> None:
    """Its value and step are on each run; a run that its tuner left unsettled is settled so, and `reproduce` agrees."""
    words = {**SCRIPT, "objective": "loss:best", "direction": "minimize", "pruner": "median"}
    place.step("steps.tune", check=True, n_trials=3, **words)
    first = place.named("mine").ended("COMPLETE")[-1]
    place.client.delete_tag(first.info.run_id, "tuning.state")  # as if its tuner had died right before
    place.client.delete_tag(first.info.run_id, "tuning.best_step")
    place.step("steps.tune", check=True, n_trials=5, **words)
    study = place.named("mine")
    assert len(study.trials) == 5
    settled = place.client.get_run(first.info.run_id)
    assert settled.data.tags["tuning.best_step"] == first.data.tags["tuning.best_step"]
    complete = study.ended("COMPLETE")
    values = []
    for run in complete:
        steps = {m.step: m.value for m in place.client.get_metric_history(run.info.run_id, "loss")}
        least = min(steps, key=lambda step: steps[step])
        (derived,) = {(m.step, m.value) for m in place.client.get_metric_history(run.info.run_id, "loss:best")}
        assert derived == (least, steps[least])
        assert run.data.tags["tuning.best_step"] == str(least)
        values.append(steps[least])
    assert any(run.data.metrics["loss:best"] < run.data.metrics["loss"] for run in complete)
    assert study.history("best_loss:best")[-1] == (4, min(values))
    best = complete[values.index(min(values))]
    assert study.parent.data.tags["tuning.best_run"] == best.info.run_id
    again = place.step("steps.reproduce", run_id=best.info.run_id)
    assert again.stdout == "verdict: identical\n", again.stderr
    assert "not judged: peak_memory_mb " in again.stderr


def test_what_a_trial_costs_is_optimized(place: Place) -> None:
    """Every child has both metrics; a front of score and memory has trials that no other beats in both."""
    place.step("steps.tune", check=True, n_trials=3, jobs=2, folds=2, objective="cv_accuracy,peak_memory_mb")
    study = place.study()
    for run in study.children:
        assert 50 < run.data.metrics["peak_memory_mb"] < 2000
        assert 0 < run.data.metrics["cpu_s"] < 100
    assert any(run.data.tags.get("tuning.pareto") == "true" for run in study.trials)


def test_what_breaks_a_constraint_is_never_the_best(place: Place) -> None:
    """It has a score and a tag; a study that goes on has its constraints on record, and prefers what keeps them."""
    bounds = "loss:mean_last_3 >= 1e-3, peak_memory_mb<=2000"
    words = {**SCRIPT, "space": "lr=log(1e-2,0.5) momentum=0..0.6 epochs=12", "champion": "true"}
    words |= {"objective": "loss:best", "direction": "minimize"}
    place.step("steps.tune", check=True, n_trials=4, constraint=bounds, **words)
    done = place.step("steps.tune", check=True, n_trials=8, **words)
    study = place.named("mine")
    values, kept = {}, {}
    for run in study.trials:
        metrics = run.data.metrics
        assert run.data.tags["tuning.state"] == "COMPLETE"
        values[run.info.run_id] = metrics["loss:best"]
        kept[run.info.run_id] = metrics["loss:mean_last_3"] >= 1e-3
        assert ("tuning.infeasible" in run.data.tags) == (not kept[run.info.run_id])
    feasible = {run_id: value for run_id, value in values.items() if kept[run_id]}
    assert 0 < len(feasible) < len(values) == 8
    best = min(feasible, key=lambda run_id: feasible[run_id])
    assert min(values.values()) < feasible[best]
    assert study.parent.data.tags["tuning.best_run"] == study.parent.data.tags["tuning.champion"] == best
    said = "Constraints: {} of 8 trials with a score keep loss:mean_last_3>=0.001, peak_memory_mb<=2000"
    assert said.format(len(feasible)) in done.stdout


def test_a_study_without_a_feasible_trial_is_on_record_in_full(place: Place) -> None:
    """Exit code 3, and a sentence; its report is there, and what stopped it."""
    words = {**SCRIPT, "objective": "loss", "direction": "minimize", "report": "true", "champion": "true"}
    done = place.step("steps.tune", check=False, n_trials=3, constraint="peak_memory_mb<=1", **words)
    assert done.code == 3
    assert "no trial keeps the constraints, of 3 with a score; the nearest, trial " in done.stderr
    assert "Traceback" not in done.stderr
    parent = place.study().parent
    assert (parent.info.status, parent.data.tags["tuning.stopped_by"]) == ("FAILED", "n_trials")
    assert parent.data.metrics["trials_complete"] == 3
    files = {file.path for file in place.client.list_artifacts(parent.info.run_id)}
    assert {"report.html", "trials.csv", "study.db"} <= files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "objective", "direction", "steps"),
    [("sklearn", "training_accuracy_score", "maximize", 1), ("xgboost", "validation_0-rmse", "minimize", 6)],
)
def test_what_autologging_logs_is_an_objective(
    how: str, objective: str, direction: str, steps: int, place: Place
) -> None:
    """By its own name, in a script that starts no run itself; a pruner sees its steps."""
    place.step(
        "steps.tune", check=True, entry_point="tests/samples/autologged.py", space=f"how={how} depth=1..4",
        objective=objective, direction=direction, pruner="median", n_trials=3, jobs=2, baseline=False,
    )  # fmt: skip
    study = place.study()
    trials = study.ended("COMPLETE")
    assert len(trials) == 3
    for run in trials:
        logged = place.client.get_metric_history(run.info.run_id, objective)
        assert sorted(json.loads(run.data.tags["tuning.reported"])) == sorted([m.step, m.value] for m in logged)
        assert len(logged) == steps
    best = (max if direction == "maximize" else min)(run.data.metrics[objective] for run in trials)
    assert study.parent.data.metrics[f"best_{objective}"] == best
