"""A study as it is read from the tracking server."""

import json
import math

import pytest

from steps.tuning.report import headline, load_study, trials_table
from steps.tuning.report.charts import history, timeline
from steps.tuning.report.optuna_study import as_optuna_study
from tests.tuning.report.conftest import ROWS


def rows_of(chart):
    return chart.specs[0]["data"]["values"]


@pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf])
def test_a_trial_without_a_finite_score_has_failed(study, make_plan, score):
    """Though it was once recorded as COMPLETE: in the counts, in the table, in each chart; and it is said why."""
    loaded = study(make_plan(), what=[*ROWS, ("COMPLETE", 60, score, {})])
    assert headline.cost(loaded)[2:] == [("finished", "3"), ("failed", "1")]
    states = [row["state"] for draw in (history.draw(loaded), timeline.draw(loaded.trials)) for row in rows_of(draw)]
    assert states == ["finished", "finished", "finished", "failed"] * 2
    table = trials_table.of_all(loaded)
    last = dict(zip(table.columns, [cell.text for cell in table.rows[-1].cells], strict=True))
    assert (last["state"], last["how it ended"]) == ("failed", "cv_accuracy is not on record as a finite number")


def rung(number, place, budget, state, score, steps):
    tags = {"tuning.trial": str(number), "tuning.evaluation": str(place), "tuning.budget": str(budget)}
    params = {"max_depth": 3 + number, "n_estimators": budget}
    return state, budget, score, {**tags, "tuning.reported": str(steps), "tuning.params": json.dumps(params)}


@pytest.mark.parametrize("reached_top", [True, False])
def test_a_promoted_trial_is_one_line(record, make_plan, reached_top):
    """Its run with the most of its budget stands for it; the best had all, or the most that any had."""
    plan = make_plan(space="max_depth=1..9", fidelity="n_estimators:1..9:3")
    rows = [
        rung(0, 0, 1, "PRUNED", 0.8, [[1, 0.8]]),
        rung(1, 1, 1, "PRUNED", 0.9, [[1, 0.9]]),
        rung(0, 2, 3, "PRUNED", 0.85, [[1, 0.8], [3, 0.85]]),
        *([rung(0, 3, 9, "COMPLETE", 0.7, [[1, 0.8], [3, 0.85], [9, 0.7]])] * reached_top),
    ]
    loaded = load_study.load(plan, "shown", record(rows))
    assert [trial.number for trial in loaded.trials] == [0, 1]
    assert loaded.trials[0].steps == {1: 0.8, 3: 0.85, **({9: 0.7} if reached_top else {})}
    assert loaded.best is not None
    assert (loaded.best.number, loaded.best.values) == (0, (0.7,) if reached_top else (0.85,))
    assert [len(trial.params) for trial in as_optuna_study(loaded).trials] == [1, 1]
    assert loaded.winner is not None
    assert loaded.winner.job.hyperparameters["n_estimators"] == (9 if reached_top else 3)
