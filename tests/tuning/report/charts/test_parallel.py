from dataclasses import replace
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from steps.tuning.report.charts import branch, parallel, parallel_axis
from tests.tuning.report.charts import studies


def lines_of(chart):
    """The points of each trial's line, by its number."""
    lines: dict[int, list[Any]] = {}
    for row in chart.specs[0]["data"]["values"]:
        lines.setdefault(row["trial"], []).append(row)
    return lines


@pytest.mark.parametrize("kind", ["iris", "minimized"])
def test_the_best_trials_stand_out_whichever_way_is_better(kind):
    """The best one is marked so, then the best tenth; that is by rank, not by the score's sign."""
    record = studies.study(kind)
    lines = lines_of(parallel.draw(branch.find(record), record.plan.objectives[0])[0])
    kinds = [lines[trial.number][0]["kind"] for trial in record.ranked]
    assert kinds == ["the best", *["the best tenth"] * 3, *["the rest"] * (len(kinds) - 4)]
    assert len(set(parallel._LINES.values())) == 3


def test_of_many_trials_some_lines_are_drawn():
    """A line for each of up to 100 trials; of more, one in k by rank, as the note says."""
    record = studies.study("iris", 400)
    chart = parallel.draw(branch.find(record), record.plan.objectives[0])[0]
    drawn = lines_of(chart)
    assert len(drawn) == 91
    assert list(drawn) == [trial.number for trial in record.ranked[::4]]
    assert "91 of 364 finished trials are drawn" in chart.note


def test_beyond_six_hyperparameters_the_rest_is_folded():
    """The six most important ones have an axis at once, all of them on request."""
    record = studies.study("iris")
    found = branch.find(record)
    names = [f"x{number}" for number in range(9)]
    points = [dict.fromkeys(names, 0.5) for _ in found.trials]
    wide = replace(
        found, points=points, weights={}, distributions=dict.fromkeys(names, FloatDistribution(0.1, 10, log=True))
    )
    first, folded = parallel.draw(wide, record.plan.objectives[0])
    assert not first.folded
    assert "Of 9 hyperparameters the 6 first ones" in first.note
    assert folded.folded
    assert folded.title.endswith("all 9 hyperparameters")
    assert [len(lines_of(chart)[found.trials[0].number]) for chart in (first, folded)] == [7, 10]


def test_axes_have_their_scale():
    """Logarithmic where the search is, a place for each choice, round numbers as ticks, and ends that hold."""
    log = parallel_axis.of_hyperparameter("C", FloatDistribution(0.01, 1000, log=True))
    assert [log.place(value) for value in (0.01, 1, 1000)] == pytest.approx([0, 0.4, 1])
    choice = parallel_axis.of_hyperparameter("kernel", CategoricalDistribution(("rbf", "linear")))
    assert choice.ticks == [(0.25, "rbf"), (0.75, "linear")]
    plain = parallel_axis.of_numbers("score", -0.35, 0.8)
    assert [text for _, text in plain.ticks] == ["0", "0.5"]
    assert plain.place(-1e9) == 0
    assert parallel_axis.of_numbers("score", 1, 1).ticks == [(0.5, "1")]


def test_a_line_has_a_gap_where_a_hyperparameter_is_not_active():
    """A kernel without gamma has no place on its axis."""
    record = studies.study("automl", 400)
    svc = [trial for trial in record.trials if str(trial.recorded["estimator"]).endswith("SVC")]
    found = branch.find(replace(record, trials=svc))
    assert found.estimator == "SVC"
    rows = [row for line in lines_of(parallel.draw(found, record.plan.objectives[0])[0]).values() for row in line]
    assert {row["at"] is None for row in rows} == {True, False}
