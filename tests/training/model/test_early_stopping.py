"""Early stopping: which rows it validates on, and how many rounds a fit gets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training import run, run_plan
from steps.training.model import early_stopping
from steps.training.model.early_stopping import EarlyStopping
from steps.training.model.labels import LabelEncoded
from steps.training.scores import folds

ROWS = slice(0, 400)


def table(*, classes: bool) -> tuple[pd.DataFrame, Any]:
    """Rows of which a model can learn little: it soon learns by heart."""
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    quantity = features["a"] + 2 * rng.normal(size=400)
    return features, pd.Series(np.where(quantity > 0, "up", "down") if classes else quantity, name="y")


MAX = {"max_iter": 300, "random_state": 0}
XGB = {"n_estimators": 300, "n_jobs": 1}
CASES = {
    "hist": (HistGradientBoostingRegressor(**MAX), False),
    "hist classes": (HistGradientBoostingClassifier(**MAX), True),
    "hist told otherwise": (HistGradientBoostingRegressor(**MAX, early_stopping=False), False),
    "pipeline": (make_pipeline(StandardScaler(), HistGradientBoostingRegressor(**MAX)), False),
    "xgboost": (XGBRegressor(**XGB), False),
    "xgboost with text": (LabelEncoded(XGBClassifier(**XGB)), True),
    "both": (LabelEncoded(make_pipeline(StandardScaler(), XGBClassifier(**XGB))), True),
}


def loss(fitted: Any, features: pd.DataFrame, target: Any, *, classes: bool) -> float:
    if classes:
        return float(log_loss(target, fitted.predict_proba(features), labels=fitted.classes_))
    return float(mean_squared_error(target, fitted.predict(features)))


@pytest.mark.parametrize(("unfitted", "classes"), CASES.values(), ids=CASES)
def test_a_fit_has_the_rounds_up_to_the_best_one(unfitted, classes):
    """It predicts as one of that many rounds on the same rows, which is better there than with fewer or more."""
    features, target = table(classes=classes)
    stopping = EarlyStopping(5, 42, classes)
    fitted = stopping.fit(unfitted, features, target, None, ROWS)
    (best,) = stopping.best
    assert 1 <= best < 250
    validation = stopping.validation(target.to_numpy())
    assert stopping.rounds == best
    again = {
        rounds: early_stopping.of_rounds(unfitted, rounds).fit(features[~validation], target[~validation])
        for rounds in (best, best + 5, max(1, best - 1))
    }
    ask = "predict_proba" if classes else "predict"
    if "scaler" not in str(unfitted).lower():  # whose steps are fitted on all rows of a fold
        assert np.allclose(getattr(fitted, ask)(features), getattr(again[best], ask)(features), atol=1e-6)
    scores = [loss(each, features[validation], target[validation], classes=classes) for each in again.values()]
    assert loss(fitted, features[validation], target[validation], classes=classes) <= min(scores) + 1e-3


def test_weights_are_those_of_fit_and_validation():
    """Rows that weigh nothing are not validated on, and are not fitted on."""
    features, target = table(classes=False)
    weights = np.where(np.arange(400) % 2, 1.0, 0.0)
    chosen = EarlyStopping(5, 42, classes=False).validation(target.to_numpy(), weights)
    assert chosen.sum() == 20
    assert weights[chosen].all()
    wrong = target.where(weights > 0, 1e6)
    fitted = EarlyStopping(5, 42, classes=False).fit(CASES["hist"][0], features, wrong, weights, ROWS)
    assert np.abs(fitted.predict(features)).max() < 100


@pytest.mark.parametrize(
    ("target", "how", "count"),
    [
        (np.repeat(["a", "b"], [60, 40]), {"classes": True}, {"a": 6, "b": 4}),
        (np.repeat(["a", "b", "c"], [60, 39, 1]), {"classes": True}, {"a": 6, "b": 4}),
        (np.repeat(["a", "b", "c"], [2, 2, 2]), {"classes": True}, 1),
        (np.arange(100.0), {}, 10),
        (np.arange(4.0), {}, 1),
    ],
)
def test_a_tenth_of_the_rows_is_validated_on(target, how, count):
    """Of each class, and at least one row; the same rows with the same seed, others with another."""
    chosen = EarlyStopping(5, 42, **{"classes": False, **how}).validation(target)
    found = pd.Series(target[chosen]).value_counts().to_dict() if isinstance(count, dict) else chosen.sum()
    assert found == count
    assert (chosen == EarlyStopping(9, 42, **{"classes": False, **how}).validation(target)).all()
    if len(target) == 100:
        assert (chosen != EarlyStopping(5, 43, **{"classes": False, **how}).validation(target)).any()


def test_groups_stay_whole_and_the_future_is_validated_on():
    """As the split does."""
    groups = np.repeat(np.arange(20), 5)
    chosen = EarlyStopping(5, 42, classes=False).validation(np.arange(100.0), groups=groups)
    assert chosen.sum() == 10
    assert all(chosen[groups == group].all() or not chosen[groups == group].any() for group in range(20))
    late = EarlyStopping(5, 42, classes=False, by_time=True).validation(np.arange(100.0))
    assert np.flatnonzero(late).tolist() == list(range(90, 100))


@pytest.mark.parametrize("estimator", [GradientBoostingClassifier(), XGBRFClassifier(), StandardScaler()])
def test_another_estimator_is_refused(estimator):
    """One sentence."""
    with pytest.raises(
        WrongValue, match=r"^--estimator 'a\.B': B has no early stopping; must be an estimator of Light"
    ):
        early_stopping.check(estimator, "a.B")


def test_estimators_of_a_space_that_do_not_stop_early_are_left_out():
    """And named, before a trial; where no other is left, they are refused."""
    forest, boosted = "sklearn.ensemble.RandomForestClassifier", "sklearn.ensemble.HistGradientBoostingClassifier"
    settings = TrainSettings(early_stopping=5)
    described = run_plan.describe(settings, {"classification": {forest: {}, boosted: {}}}, {})
    assert (described["estimators"], described["left_out"]) == ([boosted], [forest])
    assert f"--space: leaves out '{forest}': RandomForestClassifier has no early stopping" in described["notes"]
    with pytest.raises(WrongValue, match=f"^--space: '{forest}': RandomForestClassifier has no early") as refused:
        run_plan.describe(settings, {"classification": {forest: {}}}, {})
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("split", ["random", "group:patient", "time:day"])
def test_folds_note_their_best_rounds_and_the_refit_has_their_mean(split, tmp_path):
    """With text columns too, whose preparation is fitted on all rows of a fold."""
    features, target = table(classes=False)
    frame = features.assign(
        patient=np.arange(400) // 4, day=np.arange(400), kind=np.where(features["b"] > 0, "x", "z"), y=target
    )
    frame.to_csv(path := tmp_path / "mixed.csv", index=False)
    settings = TrainSettings(
        data=str(path),
        split=split,
        folds=3,
        early_stopping=5,
        estimator="sklearn.ensemble.HistGradientBoostingRegressor",
    )
    plan = run_plan.make(settings, ("max_iter",))
    unfitted = run.build(plan, settings, {"max_iter": 300})
    stopping, rows = early_stopping.make(5, plan.examples), plan.examples
    assert stopping is not None
    splits = rows.layout.splits
    scores = list(folds.scores(unfitted, rows.features, rows.target, splits, plan.scorer(), stopping=stopping))
    assert len(scores) == len(stopping.best) == 3
    assert max(stopping.best) < 200
    refitted = early_stopping.of_rounds(unfitted, stopping.rounds).fit(rows.features, rows.target)
    assert refitted[-1].n_iter_ == round(np.mean(stopping.best))
