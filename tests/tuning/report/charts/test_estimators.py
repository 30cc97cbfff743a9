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
