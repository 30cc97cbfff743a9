from dataclasses import replace

import pytest
from optuna.trial import TrialState

from steps.tuning.report.charts import curves
from tests.tuning.report.charts import studies


def asked_for_nothing(run_id, metric):
    """Stands where a run is not to be read."""
    raise AssertionError((run_id, metric))


def test_a_line_is_a_trial():
    """The best one stands out; one that was pruned ends with a mark; fold by fold, if that is what a pruner sees."""
    record = studies.study("pruned")
    chart = curves.draw(record, asked_for_nothing)
    assert chart is not None
    assert chart.title == "Score fold by fold"
    rows, ends = chart.specs[0]["data"]["values"], chart.specs[0]["layer"][-1]["data"]["values"]
    assert {row["trial"] for row in rows if row["kind"] == "best"} == {record.ranked[0].number}
    pruned = {trial.number for trial in record.trials if trial.state == TrialState.PRUNED}
    assert {row["trial"] for row in ends} == pruned
    assert all(row["step"] == max(record.trials[row["trial"]].steps) + 1 for row in ends)  # folds from 1 on


def test_a_script_without_a_pruner_has_its_steps_on_the_run():
    """They are read from there, if the first runs have some; only of trials that are drawn."""
    record = studies.study("own script", 300)
    record = replace(record, trials=[replace(trial, steps={}) for trial in record.trials])
    asked = []

    def find(run_id, metric):
        asked.append((run_id, metric))
        return {0: 0.1, 10: 0.4, 20: 0.5}

    chart = curves.draw(record, find)
    assert chart is not None
    assert chart.title == "Learning curves"
    assert len({row["trial"] for row in chart.specs[0]["data"]["values"]}) == len(asked) <= 100
    assert {metric for _, metric in asked} == {"cv_accuracy"}
    assert asked[0][0] == record.ranked[0].run_id


def test_of_a_score_that_is_logged_once_there_are_no_curves():
    """Nor of a study without a trial; no more than three runs are asked in vain."""
    record = studies.study("own script")
    record = replace(record, trials=[replace(trial, steps={}) for trial in record.trials])
    asked = []

    def find(run_id, metric):
        asked.append(run_id)
        return {0: 0.1}

    assert curves.draw(record, find) is None
    assert len(asked) == 3
    assert curves.draw(studies.study("iris"), asked_for_nothing) is None
    assert curves.draw(replace(record, trials=[]), asked_for_nothing) is None


@pytest.mark.parametrize("count", [40, 200])
def test_long_curves_are_thinned(count):
    """Ten thousand steps a trial make a page no larger; first and last step stay."""
    record = studies.study("own script", count)
    steps = {step: 0.5 + step / 100_000 for step in range(10_000)}
    chart = curves.draw(replace(record, trials=[replace(t, steps=steps) for t in record.trials if t.values]))
    assert chart is not None
    rows = chart.specs[0]["data"]["values"]
    assert len(rows) < 5000
    assert {(rows[0]["step"]), max(row["step"] for row in rows)} == {0, 9999}


def test_a_run_has_the_last_value_of_each_step(client):
    """A step that was logged twice counts as it was last; what is no number is left out."""
    run_id = client.create_run("0").info.run_id
    for time, (step, value) in enumerate([(0, 0.5), (1, 0.6), (1, 0.7), (2, float("nan"))]):
        client.log_metric(run_id, "loss", value, step=step, timestamp=time)
    assert curves.logged(run_id, "loss") == {0: 0.5, 1: 0.7}


def test_of_runs_with_very_many_steps_only_the_first_are_read():
    """The best ones come first; how many trials are drawn is said."""
    record = studies.study("own script", 40)
    record = replace(record, trials=[replace(trial, steps={}) for trial in record.trials])
    asked = []

    def find(run_id, metric):
        asked.append(run_id)
        return dict.fromkeys(range(60_000), 0.5)

    chart = curves.draw(record, find)
    assert chart is not None
    assert asked == [trial.run_id for trial in record.ranked[:4]]
    assert "4 of 40 trials are drawn." in chart.note
