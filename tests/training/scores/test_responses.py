import pytest

from steps.errors import WrongValue
from steps.training.model import estimator
from steps.training.scores import responses

SVC, SGD = "sklearn.svm.SVC", "sklearn.linear_model.SGDClassifier"
SCALED = f"sklearn.preprocessing.StandardScaler+{SVC}"
LOSS, AREA = "neg_log_loss", "roc_auc"


def stack_of_votes():
    """A stack, which knows what it can answer only once its last estimator is fitted."""
    from sklearn.ensemble import StackingClassifier
    from sklearn.linear_model import LogisticRegression

    return StackingClassifier([("a", LogisticRegression())])


def of_too_many():
    """A stack that fits no 40 rows."""
    from sklearn.ensemble import StackingClassifier
    from sklearn.neighbors import KNeighborsClassifier

    return StackingClassifier([("a", KNeighborsClassifier(1000))], passthrough=True)


def check(metric, path, choices):
    responses.check(metric, estimator.import_maker(path, "classification"), path, choices)


@pytest.mark.parametrize(
    ("metric", "path", "choices"),
    [
        (LOSS, SVC, {}),
        (LOSS, SCALED, {"svc__C": [], "svc__kernel": ["rbf", "linear"]}),
        (LOSS, SGD, {"loss": ["hinge"]}),
        (LOSS, SGD, {"loss": ["hinge", "squared_hinge"]}),
        (LOSS, SVC, {"probability": [False]}),
        (LOSS, "sklearn.linear_model.RidgeClassifier", {"alpha": []}),
        ("neg_brier_score", "sklearn.svm.LinearSVC", {}),
    ],
)
def test_an_estimator_without_what_the_metric_asks_is_refused(metric, path, choices):
    """Before anything is fitted on the data, in one sentence that names both."""
    with pytest.raises(WrongValue) as refused:
        check(metric, path, choices)
    (problem,) = refused.value.problems
    assert problem == (
        f"--estimator {path!r}: {path.rpartition('.')[2]} has no predict_proba, which --metric {metric!r} needs; "
        "take another estimator, or another metric"
    )


@pytest.mark.parametrize(
    ("metric", "path", "choices"),
    [
        ("accuracy", SVC, {}),
        (AREA, SVC, {}),  # it takes a decision_function as well
        (LOSS, SVC, {"probability": [True]}),
        (LOSS, SVC, {"probability": [True, False]}),
        (LOSS, SCALED, {"svc__probability": [True], "svc__C": []}),
        (LOSS, SGD, {"loss": ["hinge", "log_loss"]}),
        (LOSS, f"{__name__}.stack_of_votes", {}),
        (LOSS, f"{__name__}.of_too_many", {}),
        (LOSS, "xgboost.XGBClassifier", {}),
        (LOSS, "sklearn.ensemble.RandomForestClassifier", {"max_depth": []}),
    ],
)
def test_an_estimator_that_can_answer_is_not_refused(metric, path, choices):
    """By another method, with one choice of a hyperparameter, or after a fit; one that nobody knows of neither."""
    check(metric, path, choices)
