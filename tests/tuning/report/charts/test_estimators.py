from dataclasses import replace

from steps.tuning.report.charts import drawing, estimators
from tests.tuning.report.charts import studies


def test_the_estimator_with_the_best_score_comes_first():
    """Each has its finished trials in a row; one without any is named."""
    record = studies.study("automl", 60)
    chart = estimators.draw(record)
    order = chart.specs[0]["encoding"]["y"]["sort"]
    best = str(record.ranked[0].recorded["estimator"]).rpartition(".")[2]
    assert order[0].startswith(f"{best} (")
    assert len(chart.specs[0]["data"]["values"]) == len(record.ranked)
    left = replace(record, trials=[t for t in record.trials if not str(t.recorded["estimator"]).endswith("SVC")])
    assert "Without a finished trial: SVC." in estimators.draw(left).note


def test_a_space_with_one_estimator_has_no_such_chart():
    """There is nothing to choose."""
    assert estimators.TITLE not in [chart.title for chart in drawing.draw(studies.study("iris"))]


def test_estimators_of_one_class_are_told_apart():
    """Each has a row of its own, and what is said of the best one is said of it alone."""
    record = studies.study("automl", 60)
    (scaled,) = [path for path in record.plan.estimators if str(path).endswith("SVC")]
    plain = str(scaled).rpartition("+")[2]
    paths = {path: path for path in record.plan.estimators} | {plain: plain}
    fitted = [
        replace(trial, recorded={**trial.recorded, "estimator": plain})
        if trial.recorded["estimator"] == scaled and trial.number % 2
        else trial
        for trial in record.trials
    ]
    chart = estimators.draw(replace(record, plan=replace(record.plan, estimators=paths), trials=fitted))
    order = [label.partition(" (")[0] for label in chart.specs[0]["encoding"]["y"]["sort"]]
    assert {"StandardScaler + SVC", "SVC"} < {*order}
