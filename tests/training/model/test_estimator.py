import sys
import textwrap

import numpy as np
import pytest
from sklearn import model_selection
from sklearn.base import is_classifier
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.utils import all_estimators

from steps.errors import Interrupted, WrongValue
from steps.names import ESTIMATOR_PREFIX
from steps.parameters import command_line
from steps.parameters.declared import parameters
from steps.parameters.settings import TrainSettings
from steps.training.model import estimator


@pytest.mark.parametrize(
    ("path", "task", "maker"),
    [
        (estimator.DEFAULTS["classification"], "classification", RandomForestClassifier),
        (estimator.DEFAULTS["regression"], "regression", RandomForestRegressor),
        ("sklearn.svm.SVC", "classification", SVC),
        ("sklearn.svm._classes.SVC", "classification", SVC),
        ("sklearn.linear_model.LinearRegression", "regression", LinearRegression),
    ],
)
def test_an_estimator_is_found_by_its_import_path(path, task, maker):
    """The path leads to the class."""
    assert estimator.import_maker(path, task) is maker


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("no_such_package.Model", "can't import 'no_such_package': No module named 'no_such_package'"),
        ("sklearn.no_such.Model", "can't import 'sklearn.no_such'"),
        ("sklearn.ensemble.RandomForest", "has nothing of that name (did you mean 'RandomForestClassifier'?)"),
        ("sklearn.ensemble.zzz", "sklearn.ensemble has nothing of that name"),
        ("os.path.join", "or a function that returns one: join() missing"),
        ("collections.Counter", "or of a function that returns one; this gives Counter"),
        ("sklearn.base.ClassifierMixin", "must be the import path of a scikit-learn estimator"),
        ("sklearn.base.BaseEstimator", "or of a function that returns one; this gives BaseEstimator"),
        ("sklearn.svm.SVR", "is not an estimator for classification, the task of this target (see --task)"),
        ("sklearn.cluster.KMeans", "is not an estimator for classification"),
        ("sklearn.preprocessing.StandardScaler", "is not an estimator for classification"),
        # These can't be made from their defaults alone, or not yet at all.
        ("sklearn.ensemble.VotingClassifier", "estimators"),
        ("sklearn.pipeline.Pipeline", "steps"),
        ("sklearn.ensemble.BaseEnsemble", "abstract"),
        ("sklearn.model_selection.HalvingGridSearchCV", "experimental"),
    ],
)
def test_a_path_that_leads_to_no_estimator_for_the_task_is_refused(path, part, monkeypatch):
    """What can't be imported, is no estimator, does the other task or can't be made is told in one line."""
    monkeypatch.delitem(vars(model_selection), "HalvingGridSearchCV", raising=False)  # another test may enable it
    with pytest.raises(WrongValue) as caught:
        estimator.import_maker(path, "classification")
    (problem,) = caught.value.problems
    assert problem.startswith(f"--estimator {path!r}: ")
    assert part in problem
    assert "\n" not in problem


@pytest.mark.parametrize("where", ["module", "class"])
def test_an_interrupt_meanwhile_is_no_fault_of_the_path(where, tmp_path, monkeypatch):
    """A signal while the module is imported, or the estimator made, ends the step as an interrupt."""
    interrupted = "raise Interrupted(2)"
    body = f"def make():\n    {interrupted}\n" if where == "class" else f"{interrupted}\n"
    (tmp_path / f"interrupted_{where}.py").write_text(f"from steps.errors import Interrupted\n{body}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Interrupted):
        estimator.import_maker(f"interrupted_{where}.make", "classification")


def test_all_unknown_hyperparameters_are_told_at_once():
    """Each is a line with the nearest name and those that are allowed."""
    with pytest.raises(WrongValue) as caught:
        estimator.check_hyperparameters(SVC, ["kernl", "C", "zzz"])
    first, second = caught.value.problems
    assert first.startswith("--kernl: SVC has no such hyperparameter (did you mean 'kernel'?); allowed: C, ")
    assert second.startswith("--zzz: SVC has no such hyperparameter; allowed: C, break_ties, ")


def test_the_estimator_s_own_names_are_allowed():
    """A hyperparameter that has the name of a step's parameter is the estimator's here."""
    estimator.check_hyperparameters(KNeighborsClassifier, ["metric", "n_neighbors"])


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["eta", "verbosity", "max_detph"])
@pytest.mark.parametrize("prefix", ["", "xgbclassifier__"])
def test_what_takes_any_hyperparameter_is_given_it(name, prefix):
    """XGBoost's and LightGBM's estimators know names that they don't list; one that looks mistyped is told."""
    path = "xgboost.XGBClassifier" if not prefix else "sklearn.preprocessing.StandardScaler+xgboost.XGBClassifier"
    maker = estimator.import_maker(path, "classification")
    built = estimator.build(maker, {f"{prefix}{name}": 1}, seed=1, threads=1)
    assert built.get_params(deep=True)[f"classifier__{prefix}{name}"] == 1
    notes = estimator.likely_typos(maker, [f"{prefix}{name}"])
    assert ["did you mean" in note and "max_depth" in note for note in notes.values()] == [True] * (name == "max_detph")
    with pytest.raises(WrongValue, match="has no such hyperparameter"):
        estimator.check_hyperparameters(maker, ["standardscaler__eta"] if prefix else ["no__eta"])


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


# --- several joined by +, and functions


PIPELINE = "sklearn.preprocessing.StandardScaler+sklearn.decomposition.PCA+sklearn.svm.SVC"


def test_paths_joined_by_plus_are_a_pipeline():
    """Transformers and an estimator make scikit-learn's pipeline, and hyperparameters reach inside by `step__name`."""
    built = estimator.build(
        estimator.import_maker(PIPELINE, "classification"), {"svc__C": 3.0, "pca__n_components": 2}, seed=7, threads=2
    )
    assert [name for name, _ in built.steps] == ["standardscaler", "pca", "svc"]
    params = built.get_params()
    assert (params["svc__C"], params["pca__n_components"]) == (3.0, 2)
    assert (params["svc__random_state"], params["pca__random_state"]) == (7, 7)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("sklearn.svm.SVC+sklearn.svm.SVC", "SVC is not a transformer, as all before the last must be"),
        ("sklearn.preprocessing.StandardScaler+sklearn.svm.SVR", "is not an estimator for classification"),
        ("sklearn.preprocessing.StandardScaler+sklearn.decomposition.PCA", "PCA has no predict"),
        ("sklearn.preprocessing.StandardSclaer+sklearn.svm.SVC", "sklearn.preprocessing has nothing of that name"),
    ],
)
def test_a_pipeline_that_is_none_is_refused(path, part):
    """Each part is looked at."""
    with pytest.raises(WrongValue) as caught:
        estimator.import_maker(path, "classification")
    assert part in str(caught.value)


def test_the_name_inside_is_named_where_it_was_meant():
    """`C` of a pipeline is probably `svc__C`."""
    text = estimator.unknown_hyperparameters(estimator.import_maker(PIPELINE, "classification"), ["C"])["C"]
    assert text.startswith("Pipeline has no such hyperparameter (did you mean 'svc__C'?); allowed: memory, pca, ")


OWN = """
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

def stack():
    return StackingClassifier([("forest", RandomForestClassifier(5)), ("tree", DecisionTreeClassifier())])

def vote():
    bag = BaggingClassifier(DecisionTreeClassifier())
    return VotingClassifier([("forest", RandomForestClassifier(5)), ("bag", bag)])

def three():
    return 3

def broken():
    raise RuntimeError("no luck")

class Duck:
    "Inherits nothing, but is tagged."
    def __init__(self, bill=1): self.bill = bill
    def fit(self, X, y): self.classes_ = sorted(set(y)); return self
    def predict(self, X): return [self.classes_[0]] * len(X)
    def get_params(self, deep=True): return {"bill": self.bill}
    def set_params(self, **given): vars(self).update(given); return self
    def __sklearn_tags__(self): return LogisticRegression().__sklearn_tags__()

class Untagged:
    def fit(self, X, y): return self
    def predict(self, X): return [0] * len(X)
    def get_params(self, deep=True): return {}
    def set_params(self, **given): return self

class Late:
    "Its get_params has only what was given, as catboost's; two names of the seed, of which it takes one."
    def __init__(self, depth=None, random_state=None, random_seed=None, thread_count=None, allow_writing_files=None):
        self.given = {}
    def fit(self, X, y): return self
    def predict(self, X): return [0] * len(X)
    def get_params(self, deep=True): return dict(self.given)
    def set_params(self, **given): self.given.update(given); return self
    def __sklearn_tags__(self): return LogisticRegression().__sklearn_tags__()
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of a user's own, `own_models`."""
    (tmp_path / "own_models.py").write_text(textwrap.dedent(OWN))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_models", None)


@pytest.mark.parametrize("name", ["stack", "vote"])
def test_a_function_makes_what_a_class_alone_can_t(own, name):
    """A user's own function gives an estimator that needs arguments; all its seeds are set, and its fits repeat."""
    make = estimator.import_maker(f"own_models.{name}", "classification")
    built = estimator.build(make, {"forest__max_depth": 2}, seed=7, threads=2)
    params = built.get_params()
    assert params["forest__max_depth"] == 2
    assert {value for key, value in params.items() if key.endswith("random_state")} == {7}
    features, target = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    once, again = (
        estimator.build(make, {}, seed=7, threads=1).fit(features, target).predict(features) for _ in range(2)
    )
    assert (once == again).all()


def test_threads_are_not_multiplied(own):
    """What has threads of its own gives none to what is inside it; else each inside has them."""
    params = estimator.build(
        estimator.import_maker("own_models.vote", "classification"), {}, seed=7, threads=2
    ).get_params()
    assert (params["n_jobs"], params["forest__n_jobs"], params["bag__n_jobs"]) == (2, None, None)
    path = "sklearn.preprocessing.StandardScaler+sklearn.neighbors.KNeighborsClassifier"
    params = estimator.build(estimator.import_maker(path, "classification"), {}, seed=7, threads=2).get_params()
    assert params["kneighborsclassifier__n_jobs"] == 2


def test_an_estimator_that_inherits_nothing_will_do(own):
    """fit, predict, get_params, set_params and scikit-learn's tags are enough."""
    built = estimator.build(estimator.import_maker("own_models.Duck", "classification"), {"bill": 3}, seed=7, threads=1)
    assert built.get_params() == {"bill": 3}


@pytest.mark.parametrize(
    ("hyperparameters", "expected"),
    [
        ({"depth": 3}, {"depth": 3, "random_state": 7, "thread_count": 2, "allow_writing_files": False}),
        ({"random_seed": 1, "thread_count": 9}, {"random_seed": 1, "thread_count": 9, "allow_writing_files": False}),
    ],
)
def test_hyperparameters_that_only_the_signature_tells(own, hyperparameters, expected):
    """As with catboost: names from the signature, one of two names for the seed, no files in the current folder."""
    make = estimator.import_maker("own_models.Late", "classification")
    assert estimator.build(make, hyperparameters, seed=7, threads=2).get_params() == expected
    assert list(estimator.unknown_hyperparameters(make, ["depth", "detph"])) == ["detph"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (
            "three",
            "must be the import path of a scikit-learn estimator, or of a function that returns one; this gives int",
        ),
        ("broken", "or a function that returns one: no luck"),
        ("Untagged", "does not say, made without arguments, whether it is a classifier or a regressor"),
    ],
)
def test_what_gives_no_estimator_is_refused(own, name, part):
    """A function that returns something else or fails, and an estimator of neither task, are told in one line."""
    with pytest.raises(WrongValue) as caught:
        estimator.import_maker(f"own_models.{name}", "classification")
    (problem,) = caught.value.problems
    assert part in problem
    assert "\n" not in problem


# --- every estimator of scikit-learn

ALL = [
    (kind, task)
    for task, filter_ in (("classification", "classifier"), ("regression", "regressor"))
    for _, kind in all_estimators(type_filter=filter_)
]


@pytest.mark.filterwarnings("ignore:Class PassiveAggressive:FutureWarning")
@pytest.mark.parametrize(("kind", "task"), ALL, ids=[kind.__name__ for kind, _ in ALL])
def test_every_estimator_of_scikit_learn_can_be_built_or_is_refused_with_a_sentence(kind, task):
    """By its public path each is built with its seed and threads set, or it is said that it needs arguments."""
    public = ".".join(kind.__module__.split(".")[:2])
    try:
        make = estimator.import_maker(f"{public}.{kind.__name__}", task)
    except WrongValue as error:
        (problem,) = error.problems
        needs = ("must be an estimator with a default for each hyperparameter", "does not say, made without arguments,")
        assert problem.removeprefix(f"--estimator '{public}.{kind.__name__}': ").startswith(needs)
        with pytest.raises((TypeError, AttributeError)):
            is_classifier(kind())
        return
    built = estimator.build(make, {}, seed=7, threads=2)
    assert type(built) is kind
    params = built.get_params()
    assert {params[name] for name in params if name.endswith("random_state")} <= {7}
    assert params.get("n_jobs", 2) == 2


@pytest.mark.filterwarnings("ignore:Class PassiveAggressive:FutureWarning")
def test_a_name_that_the_step_has_too_is_reached_with_the_prefix():
    """Every hyperparameter of every estimator arrives as itself when it is written as the tuner writes it."""
    own = {parameter.name for parameter in parameters(TrainSettings)}
    clashes = set()
    for kind, task in ALL:
        try:
            make = estimator.import_maker(f"{kind.__module__}.{kind.__name__}", task)
        except WrongValue:
            continue
        for name in make().get_params():
            clashes |= {name} & own
            word = f"{ESTIMATOR_PREFIX}{name}" if name in own or name.startswith(ESTIMATOR_PREFIX) else name
            read = command_line.read_open([f"--{word}", "5"], TrainSettings, ESTIMATOR_PREFIX)
            assert read == (TrainSettings(), {name: 5})
    assert {"metric", "estimator"} <= clashes


# --- values that an estimator rejects


@pytest.mark.parametrize(
    ("path", "hyperparameters", "sentence"),
    [
        ("sklearn.svm.SVC", {"C": -1}, "The 'C' parameter of SVC must be a float in the range (0.0, inf]. Got -1"),
        (
            "sklearn.linear_model.LogisticRegression",
            {"solver": "newton"},
            "The 'solver' parameter of LogisticRegression",
        ),
        ("sklearn.preprocessing.StandardScaler+sklearn.svm.SVC", {"svc__kernel": "x"}, "The 'kernel' parameter of SVC"),
        (
            "xgboost.XGBClassifier",
            {"max_depth": "deep"},
            "Invalid Parameter format for max_depth expect int but value=",
        ),
        ("xgboost.XGBClassifier", {"booster": "gbtre"}, "Unknown gbm type gbtre"),
        ("xgboost.XGBClassifier", {"n_estimators": "five"}, "'str' object cannot be interpreted as an integer"),
    ],
)
def test_a_value_that_an_estimator_rejects_is_one_sentence(path, hyperparameters, sentence):
    """Whichever exception a package raises, it is told in one line with the estimator's path."""
    built = estimator.build(estimator.import_maker(path, "classification"), hyperparameters, seed=7, threads=1)
    features, target = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    with pytest.raises(WrongValue) as caught, estimator.rejections_as_wrong_values(path):
        built.fit(features, target)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: {sentence}")
    assert "\n" not in problem


def test_an_error_of_the_estimator_s_own_package_is_a_rejection(own):
    """The errors of lightgbm and catboost are no ValueError; those of others are bugs and keep their traceback."""
    for module, path, kind in (
        ("catboostish.core", "catboostish.Model", WrongValue),
        ("_catboostish", "catboostish.Model", WrongValue),
        ("catboostish", "a.Scaler+catboostish.Model", WrongValue),
        ("other", "catboostish.Model", Exception),
        ("builtins", "my_models.Model", Exception),
    ):
        error = TypeError if module == "builtins" else type("OwnError", (Exception,), {"__module__": module})
        with pytest.raises(kind) as caught, estimator.rejections_as_wrong_values(path):
            raise error("depth is wrong\nand more")
        assert (type(caught.value) is WrongValue) == (kind is WrongValue)
        assert kind is Exception or str(caught.value) == f"{path}: depth is wrong"
