from dataclasses import replace

import pytest
from optuna.trial import TrialState

from steps.tuning.report.charts import history
from tests.tuning.report.charts import studies


def rows_of(chart):
    """What is drawn as points, by the number of the trial."""
    return {row["trial"]: row for row in chart.specs[0]["data"]["values"]}


def line_of(chart):
    """The scores of the line of the best so far."""
    (line,) = [layer for layer in chart.specs[0]["layer"] if layer["mark"].get("interpolate")]
    return [row["score"] for row in line["data"]["values"]]


@pytest.mark.parametrize(("kind", "sign"), [("iris", 1), ("minimized", -1)])
def test_the_line_is_the_best_so_far(kind, sign):
    """It only ever gets better, whichever way that is, and ends at the best score."""
    record = studies.study(kind)
    line = line_of(history.draw(record))
    assert line == sorted(line, key=lambda score: sign * score)
    assert line[-1] == pytest.approx(record.ranked[0].values[0])
    assert f"of trial {record.ranked[0].number};" in history.draw(record).alternative


def test_states_differ_by_shape_too():
    """Finished, pruned and failed trials have a colour and a shape of their own, and a legend says which."""
    chart = history.draw(studies.study("pruned"))
    assert {row["state"] for row in rows_of(chart).values()} == {"finished", "pruned", "failed"}
    point = next(layer for layer in chart.specs[0]["layer"] if "shape" in layer["encoding"])["encoding"]
    for channel in ("color", "shape"):
        scale = point[channel]["scale"]
        assert scale["domain"] == ["finished", "pruned", "failed"]
        assert len(set(scale["range"])) == 3
        assert point[channel]["legend"]


def test_a_trial_that_breaks_a_constraint_is_told_apart():
    """It has a score, but the line does not count it."""
    record = studies.study("constrained")
    states = {row["state"] for row in rows_of(history.draw(record)).values()}
    assert states == {"finished", "breaks a constraint", "failed"}
    best = max(trial.values[0] for trial in record.trials if trial.values and trial.is_feasible)
    assert line_of(history.draw(record))[-1] == pytest.approx(best)


def test_one_score_far_off_does_not_flatten_the_rest():
    """The axis ends before it, the trial is drawn at the edge, and the note says so."""
    record = studies.study("iris")
    low = replace(record.trials[0], values=(-1e6,))
    chart = history.draw(replace(record, trials=[low, *record.trials[1:]]))
    assert "1 far worse trial is drawn at the edge." in chart.note
    point = next(layer for layer in chart.specs[0]["layer"] if "shape" in layer["encoding"])["encoding"]
    assert point["y"]["scale"]["domain"][0] > 0
    assert rows_of(chart)[0]["score"] == -1e6


def test_a_promoted_trial_counts_by_the_most_of_its_budget(monkeypatch):
    """Where no trial had all of its budget, the scores of those that got furthest are drawn."""
    record = studies.study("pruned")
    plan = replace(record.plan, settings=replace(record.plan.settings, fidelity="n_estimators:1..9:3"))
    trials = [replace(t, state=TrialState.PRUNED, values=(), steps={3: 0.5 + t.number / 100}) for t in record.trials]
    chart = history.draw(replace(record, plan=plan, trials=trials))
    assert line_of(chart)[-1] == pytest.approx(0.89)


def test_the_defaults_are_a_line_with_a_name():
    """The best of the baselines, unless it is so far off that it would flatten the trials."""
    record = studies.study("iris")
    texts = [layer["mark"].get("text") for layer in history.draw(record).specs[0]["layer"]]
    assert "the estimator's defaults" in texts
    outcome = replace(record.baselines[0].outcome, values=(-5.0,))
    far = replace(record, baselines=[replace(record.baselines[0], outcome=outcome)])
    assert "the estimator's defaults" not in [
        layer["mark"].get("text") for layer in history.draw(far).specs[0]["layer"]
    ]


@pytest.mark.parametrize(("kind", "score", "below"), [("iris", 0.8583333333333334, True), ("minimized", 0.3, False)])
def test_where_the_best_is_as_the_defaults_both_names_can_be_read(kind, score, below):
    """One is above the line, the other below it."""
    record = studies.study(kind)
    first = record.ranked[0].number
    trials = [replace(trial, values=(score,)) if trial.number == first else trial for trial in record.trials]
    trials = [trial for trial in trials if trial.number == first or not trial.values]
    baselines = [replace(each, outcome=replace(each.outcome, values=(score,))) for each in record.baselines]
    layers = history.draw(replace(record, trials=trials, baselines=baselines)).specs[0]["layer"]
    away = {layer["mark"]["text"]: layer["mark"]["dy"] for layer in layers if "text" in layer["mark"]}
    assert (away["the estimator's defaults"] > 0, away[f"best: trial {first}"] < 0) == (below, below)
