"""Labels of any kind with xgboost, the tested one of the packages that are not scikit-learn's."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import get_scorer

from steps.training.model import estimator
from steps.training.model.labels import LabelEncoded, need_encoding

FEATURES, NUMBERS = load_iris(return_X_y=True, as_frame=True)
LABELS = {
    "text": NUMBERS.map({0: "setosa", 1: "versi color", 2: "it's"}),
    "gaps": NUMBERS.map({0: -5, 1: 7, 2: 70}),
    "floats": NUMBERS.map({0: 0.0, 1: 1.0, 2: 2.0}),
    "booleans": NUMBERS == 1,
    "as they are": NUMBERS,
}
SCALED = "sklearn.preprocessing.StandardScaler+xgboost.XGBClassifier"


def build(path="xgboost.XGBClassifier", **hyperparameters):
    return estimator.build(estimator.import_maker(path, "classification"), hyperparameters, seed=7, threads=1)


@pytest.mark.parametrize("target", LABELS.values(), ids=LABELS)
def test_labels_of_any_kind_are_predicted_back(target):
    """Text, booleans, numbers with gaps: the predictions are of the same labels, and good; so are the probabilities."""
    built = build(n_estimators=5, max_depth=3)
    fitted = clone(built).fit(FEATURES, target)
    predicted = fitted.predict(FEATURES)
    assert np.mean(predicted == target) > 0.95
    assert list(fitted.classes_) == sorted(set(target))
    probabilities = fitted.predict_proba(FEATURES)
    assert probabilities.shape == (len(target), len(fitted.classes_))
    assert (fitted.classes_[probabilities.argmax(axis=1)] == predicted).all()


def test_scikit_learn_s_scorers_take_it():
    """Scores by labels and by probabilities are what they are for any classifier."""
    fitted = build(n_estimators=5).fit(FEATURES, LABELS["text"])
    for scorer in ("accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"):
        assert np.isfinite(get_scorer(scorer)(fitted, FEATURES, LABELS["text"]))


def test_a_pipeline_with_one_inside_is_encoded_as_a_whole():
    """What encodes stands around the pipeline, and the hyperparameters arrive inside."""
    built = build(SCALED, xgbclassifier__n_estimators=4)
    assert isinstance(built, LabelEncoded)
    params = built.classifier.get_params()
    assert (params["xgbclassifier__n_estimators"], params["xgbclassifier__random_state"]) == (4, 7)
    assert set(built.fit(FEATURES, LABELS["text"]).predict(FEATURES)) == set(LABELS["text"])


def test_who_needs_no_encoding_has_none():
    """scikit-learn's own take any labels, and a regressor has none."""
    assert not need_encoding(RandomForestClassifier())
    make = estimator.import_maker("xgboost.XGBRegressor", "regression")
    assert type(estimator.build(make, {}, seed=7, threads=1)).__name__ == "XGBRegressor"
