import pytest
from sklearn.metrics import get_scorer_names

from steps.training.scores import metric_names


@pytest.mark.parametrize(
    ("name", "scorer"),
    [
        ("rmse", "neg_root_mean_squared_error"),
        ("MAE", "neg_mean_absolute_error"),
        ("R2", "r2"),
        ("mean_squared_error", "neg_mean_squared_error"),
        ("f1_score", "f1"),
        ("log-loss", "neg_log_loss"),
        ("brier_score", "neg_brier_score"),
        ("AUC", "roc_auc"),
        ("max_error", "neg_max_error"),
        ("acuracy", "accuracy"),
    ],
)
def test_a_name_from_elsewhere_means_a_scorer(name, scorer):
    """Papers, other packages and scikit-learn's own functions name metrics in other ways; so do people in a hurry."""
    assert metric_names.meant(name) == f" (did you mean {scorer!r}?)"


def test_a_name_of_nothing_means_nothing():
    """No scorer is named that is not near."""
    assert metric_names.meant("happiness") == ""


def test_only_scorers_that_there_are_are_named():
    """Of this release of scikit-learn."""
    named = {*metric_names._ELSEWHERE.values(), *metric_names._OF_MANY_CLASSES, *metric_names._OF_MANY_CLASSES.values()}
    assert named <= set(get_scorer_names())
