"""Slices and contour: the score against hyperparameters, in their own scales."""

from dataclasses import replace

import pytest

from steps.tuning.report.charts import branch, contour, drawing, history, importance, parallel, slices, timeline
from tests.tuning import fakes
from tests.tuning.report.charts import studies


def drawn(module, record):
    """The chart that a module draws of a study."""
    return module.draw(branch.find(record), record.plan.objectives[0])


def test_each_slice_has_the_scale_of_its_search():
    """The most important hyperparameter comes first; log and categories are drawn as such, over the whole range."""
    record = studies.study("regression")
    found, chart = branch.find(record), drawn(slices, studies.study("regression"))
    axes = [spec["layer"][0]["encoding"]["x"] for spec in chart.specs]
    assert [axis["title"] for axis in axes] == found.ranked[:4]
    by_name = {axis["title"]: axis for axis in axes}
    assert by_name["min_samples_leaf"]["scale"]["type"] == "log"
    assert by_name["min_samples_leaf"]["scale"]["domain"] == [1, 20]
    assert by_name["bootstrap"]["type"] == "nominal"
    assert "type" not in by_name["n_estimators"]["scale"]


def test_the_map_is_between_the_trials():
    """Each cell has a score within those of the trials, and lies in the range that is searched."""
    record = studies.study("iris")
    layers = drawn(contour, record).specs[0]["layer"]
    cells = layers[0]["data"]["values"]
    scores = [trial.values[0] for trial in record.ranked]
    assert len(cells) > 100
    assert all(min(scores) - 1e-4 <= cell["score"] <= max(scores) + 1e-4 for cell in cells)
    assert {len(layer["data"]["values"]) for layer in layers[1:]} == {len(scores)}


@pytest.mark.parametrize(("kind", "reverse"), [("iris", False), ("minimized", True)])
def test_the_better_score_has_the_stronger_colour(kind, reverse):
    """Whichever way is better."""
    colour = drawn(contour, studies.study(kind)).specs[0]["layer"][0]["encoding"]["color"]
    assert colour["scale"]["reverse"] is reverse


def test_what_can_not_be_drawn_says_why():
    """Trials on one line span no area; nor do three trials."""
    record = studies.study("iris")
    on_a_line = [replace(t, recorded={**t.recorded, "max_depth": 5}) for t in record.trials]
    assert drawn(contour, replace(record, trials=on_a_line)).note == "Not shown: the trials lie on one line."
    assert "finished trials; there are 3" in drawn(contour, replace(record, trials=record.trials[:3])).note


@pytest.mark.parametrize(
    ("kind", "between"),
    [("one", [slices.TITLE]), ("one number", [importance.TITLE, slices.TITLE, parallel.TITLE])],
)
def test_what_takes_two_is_not_there_for_one(kind, between):
    """A single hyperparameter has no importance and no line through others; a map takes two numbers."""
    titles = [chart.title for chart in drawing.draw(studies.study(kind))]
    assert titles == [history.TITLE, *between, timeline.TITLE]


def test_of_a_script_estimator_is_a_hyperparameter_like_others():
    """It is drawn, beside the trials with any of its choices, and is among the best parameters."""
    text = "estimator: {type: categorical, choices: [forest, svc]}\nx: {type: float, low: -2, high: 2}\n"
    record = studies.study("own script")
    trials = [
        replace(trial, recorded={"estimator": ("forest", "svc")[trial.number % 2], "x": trial.number / 40})
        for trial in record.trials
    ]
    record = replace(record, plan=fakes.plan(text), trials=trials)
    found = branch.find(record)
    assert sorted(found.ranked) == ["estimator", "x"]
    assert len(found.trials) == len(record.ranked)
    best = record.ranked[0]
    assert record.as_result(best).job.hyperparameters == best.recorded
