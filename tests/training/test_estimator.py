import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from steps.errors import WrongValue
from steps.training import estimator


@pytest.mark.parametrize(
    ("path", "task", "found"),
    [
        (estimator.DEFAULTS["classification"], "classification", RandomForestClassifier),
        (estimator.DEFAULTS["regression"], "regression", RandomForestRegressor),
        ("sklearn.svm.SVC", "classification", SVC),
        ("sklearn.svm._classes.SVC", "classification", SVC),
        ("sklearn.linear_model.LinearRegression", "regression", LinearRegression),
    ],
)
def test_an_estimator_is_found_by_its_import_path(path, task, found):
    """The path leads to the class."""
    assert estimator.find(path, task) is found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no_such_package.Model", "can't import 'no_such_package': No module named 'no_such_package'"),
        ("sklearn.no_such.Model", "can't import 'sklearn.no_such'"),
        ("sklearn.ensemble.RandomForest", "has none of that name (did you mean 'RandomForestClassifier'?)"),
        ("sklearn.ensemble.zzz", "sklearn.ensemble has none of that name"),
        ("os.path.join", "must be the import path of a scikit-learn estimator"),
        ("collections.Counter", "must be the import path of a scikit-learn estimator"),
        ("sklearn.base.ClassifierMixin", "must be the import path of a scikit-learn estimator"),
        ("sklearn.base.BaseEstimator", "is no estimator for classification"),
        ("sklearn.svm.SVR", "is no estimator for classification, the task of this target (see --task)"),
        ("sklearn.cluster.KMeans", "is no estimator for classification"),
        ("sklearn.preprocessing.StandardScaler", "is no estimator for classification"),
        # These can't be made from their defaults alone, or not yet at all.
        ("sklearn.ensemble.VotingClassifier", "estimators"),
        ("sklearn.pipeline.Pipeline", "steps"),
        ("sklearn.ensemble.BaseEnsemble", "abstract"),
        ("sklearn.model_selection.HalvingGridSearchCV", "experimental"),
    ],
)
def test_a_path_that_leads_to_no_estimator_for_the_task_is_refused(path, said):
    """What can't be imported, is no estimator, does the other task or can't be made is told in one line."""
    with pytest.raises(WrongValue) as caught:
        estimator.find(path, "classification")
    (problem,) = caught.value.problems
    assert problem.startswith(f"--estimator {path!r}: ")
    assert said in problem
    assert "\n" not in problem


def test_all_unknown_hyperparameters_are_told_at_once():
    """Each is a line with the nearest name and those that are allowed."""
    with pytest.raises(WrongValue) as caught:
        estimator.check_names(SVC, ["kernl", "C", "zzz"])
    first, second = caught.value.problems
    assert first.startswith("--kernl: SVC has no such hyperparameter (did you mean 'kernel'?); allowed: C, ")
    assert second.startswith("--zzz: SVC has no such hyperparameter; allowed: C, break_ties, ")


def test_the_estimator_s_own_names_are_allowed():
    """A hyperparameter that has the name of a step's parameter is the estimator's here."""
    estimator.check_names(KNeighborsClassifier, ["metric", "n_neighbors"])


def test_build_checks_the_names_too():
    """No unknown hyperparameter gets as far as scikit-learn's own error."""
    with pytest.raises(WrongValue, match="did you mean 'max_depth'"):
        estimator.build(RandomForestClassifier, {"max_detph": 3}, seed=1, threads=1)


@pytest.mark.parametrize(
    ("kind", "hyperparameters", "expected"),
    [
        (RandomForestClassifier, {}, {"random_state": 7, "n_jobs": 2, "n_estimators": 100}),
        (RandomForestClassifier, {"max_depth": 3}, {"random_state": 7, "n_jobs": 2, "max_depth": 3}),
        (RandomForestClassifier, {"random_state": 1, "n_jobs": None}, {"random_state": 1, "n_jobs": None}),
        (SVC, {"C": 2.0}, {"random_state": 7, "C": 2.0}),
        (KNeighborsClassifier, {"metric": "manhattan"}, {"n_jobs": 2, "metric": "manhattan"}),
        (KMeans, {}, {"random_state": 7}),
    ],
)
def test_seed_and_threads_are_set_where_the_estimator_has_them(kind, hyperparameters, expected):
    """`random_state` is the seed and `n_jobs` the threads, unless given; all else is as given or the default."""
    built = estimator.build(kind, hyperparameters, seed=7, threads=2)
    assert type(built) is kind
    assert built.get_params() == kind().get_params() | expected
