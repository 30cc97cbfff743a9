import pytest

from steps.errors import WrongValue
from steps.parameters.settings import TrainSettings
from steps.training import unfit

SVC, FOREST = "sklearn.svm.SVC", "sklearn.ensemble.RandomForestClassifier"
KNN = "sklearn.neighbors.KNeighborsClassifier"


def find(*paths, metric="accuracy", where=None, **settings):
    estimators: dict[str, tuple[str, dict[str, list[object]]]] = {path: (path, {}) for path in paths}
    return unfit.find(TrainSettings(**settings), "classification", metric, estimators, where or {})


def test_what_others_can_do_is_left_to_them():
    """Each estimator that can't has a note; one that can has none."""
    assert find(SVC, FOREST) == {}
    assert find(SVC, FOREST, metric="neg_log_loss") == {
        SVC: f"--space: leaves out {SVC!r}: SVC has no predict_proba, which --metric 'neg_log_loss' needs"
    }
    assert list(find(KNN, SVC, FOREST, metric="neg_log_loss", weight="w")) == [KNN, SVC]


def test_where_none_is_left_all_are_refused_with_their_places():
    """A line for each problem of each estimator, with what to do."""
    with pytest.raises(WrongValue) as refused:
        find(SVC, KNN, metric="neg_log_loss", weight="w", where={SVC: "my.yaml:3"})
    svc, knn = refused.value.problems
    assert svc == (
        f"my.yaml:3: {SVC!r}: SVC has no predict_proba, which --metric 'neg_log_loss' needs; take another estimator, "
        "or another metric"
    )
    assert knn.startswith(f"--space: {KNN!r}: KNeighborsClassifier takes no sample weights; ")
