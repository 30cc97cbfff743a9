"""What a study goes by, beside the last value of a metric: the best step of it, what a trial costs."""

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
