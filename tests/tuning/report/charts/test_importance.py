import pytest

from steps.tuning.report.charts import branch, drawing, importance
from tests.tuning.report.charts import studies


def test_importances_wait_for_ten_trials():
    """They are shown from ten finished trials on, with the evaluator's name."""
    few, many = (importance.draw(branch.find(studies.study("iris", count))) for count in (10, 20))
    assert not few.specs
    assert "from 10 finished trials on; there are 9" in few.note
    assert "PED-ANOVA" in many.note
    assert [row["name"] for row in many.specs[0]["data"]["values"]] == ["n_estimators", "max_depth"]


def test_of_several_estimators_the_best_ones_own_trials_are_compared():
    """A hyperparameter of one estimator says nothing of another's trials; names are the estimator's own."""
    record = studies.study("automl", 120)
    found = branch.find(record)
    best = str(record.ranked[0].recorded["estimator"])
    assert best.endswith(found.estimator)
    assert {trial.recorded["estimator"] for trial in found.trials} == {best}
    assert f"Within {found.estimator}" in importance.draw(found).note
    assert all(name.startswith(f"{found.estimator}.") for name in drawing.most_important(record))
    names = [row["name"] for row in importance.draw(found).specs[0]["data"]["values"]]
    assert not [name for name in names if "." in name or "__" in name]


@pytest.mark.parametrize("kind", ["front"])
def test_two_objectives_have_no_ranking(kind):
    """What matters for one objective may not for the other."""
    assert drawing.most_important(studies.study(kind)) == []
