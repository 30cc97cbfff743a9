import json
from dataclasses import asdict

import pytest
from sklearn.metrics import get_scorer_names

from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters.settings import TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.training import run_plan

FORESTS = {
    "classification": "sklearn.ensemble.RandomForestClassifier",
    "regression": "sklearn.ensemble.RandomForestRegressor",
}


@pytest.fixture(autouse=True)
def unpatched(monkeypatch):
    """`prepare` would patch scikit-learn in this process, for all tests that follow."""
    monkeypatch.setenv(Variable.PATCHES, "off")


def make(**settings):
    return run_plan.make(TrainSettings(**settings), ())


def describe(settings, hyperparameters=(), where=None):
    """What `plan.describe` says of one estimator, that of the settings, for either task."""
    own: dict[str, dict[str, list[object]]] = {settings.estimator: {name: [] for name in hyperparameters}}
    return run_plan.describe(settings, dict.fromkeys(FORESTS, own), dict.fromkeys(FORESTS, where or {}))


def problems_of(hyperparameters=(), where=None, **settings):
    with pytest.raises(WrongValue) as caught:
        describe(TrainSettings(**settings), hyperparameters, where)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("data", "task", "metric"),
    [
        ("iris", "classification", "accuracy"),
        ("wine", "classification", "accuracy"),
        ("breast_cancer", "classification", "accuracy"),
        ("digits", "classification", "accuracy"),
        ("diabetes", "regression", "r2"),
    ],
)
def test_auto_is_resolved_by_the_data(data, task, metric):
    """Each data set's own target decides task, metric and estimator; the result is plain data."""
    resolved = describe(TrainSettings(data=data), ("n_estimators", "max_depth"))
    dataset = resolved.pop("dataset")
    assert len(resolved.pop("folds")) == 64
    dummy = resolved.pop("dummy")
    assert dummy["estimator"] == f"sklearn.dummy.Dummy{'Classifier' if metric == 'accuracy' else 'Regressor'}"
    assert {"iris": 1 / 3, "diabetes": -0.03}.get(data, dummy["score"]) == pytest.approx(dummy["score"], abs=0.01)
    assert resolved == {
        "target": "target",
        "split": "stratified" if task == "classification" else "random",
        "task": task,
        "metric": metric,
        "positive": "auto",
        "estimators": [FORESTS[task]],
        "left_out": [],
        "notes": [],
    }
    assert dataset["name"] == data
    assert json.loads(json.dumps(dataset)) == dataset


@pytest.mark.parametrize(
    ("settings", "resolved"),
    [
        ({"target": "petal width (cm)"}, {"task": "regression", "metric": "r2"}),
        ({"task": "regression"}, {"task": "regression", "metric": "r2", "estimators": [FORESTS["regression"]]}),
        ({"metric": "f1_macro"}, {"task": "classification", "metric": "f1_macro"}),
        ({"metric": "roc_auc_ovr"}, {"metric": "roc_auc_ovr"}),
        ({"estimator": "sklearn.svm.SVC"}, {"estimators": ["sklearn.svm.SVC"], "task": "classification"}),
        ({"data": "wine", "target": "alcohol"}, {"target": "alcohol", "task": "regression"}),
        ({"data": "diabetes", "metric": "neg_root_mean_squared_error"}, {"metric": "neg_root_mean_squared_error"}),
    ],
)
def test_what_is_given_is_kept(settings, resolved):
    """What is not `auto` stays, and what is auto follows from it."""
    assert resolved.items() <= describe(TrainSettings(**settings)).items()


def test_tune_s_settings_make_the_same_plan():
    """The parameters that `tune` shares with `train` resolve alike."""
    assert describe(TuneSettings(data="wine").for_training()) == describe(TrainSettings(data="wine"))


# What is wrong with iris, unless the row says other data, and what the one problem says.
WRONG = [
    ({"target": "petal"}, ["--target 'petal': iris has no such column", "allowed: sepal length (cm)"]),
    ({"target": "targt"}, ["--target 'targt'", "(did you mean 'target'?)"]),
    (
        {"target": "petal width (cm)", "task": "classification"},
        ["--task 'classification'", "22 different", "regression"],
    ),
    ({"data": "diabetes", "task": "classification"}, ["--data 'diabetes': the class", "or give --task 'regression'"]),
    ({"metric": "acuracy"}, ["--metric 'acuracy'", "(did you mean 'accuracy'?)", "allowed: accuracy, "]),
    ({"metric": "f1"}, ["--metric 'f1': must be a scorer for classification", "multiclass"]),
    ({"metric": "roc_auc"}, ["--metric 'roc_auc': must be a scorer for classification"]),
    (
        {"data": "diabetes", "metric": "accuracy"},
        ["--metric 'accuracy': must be a scorer for regression", "continuous"],
    ),
    ({"data": "diabetes", "metric": "roc_auc_ovr"}, ["--metric 'roc_auc_ovr': must be a scorer for regression"]),
    ({"folds": 41}, ["--folds 41: must be at most 40, the training rows of the largest class"]),
    ({"data": "diabetes", "folds": 177}, ["--folds 177: must be at most 176, half of the training rows"]),
    ({"test_size": 0.001}, ["--test_size 0.001: 1 of 150 rows"]),
    ({"test_size": 0.999}, ["--test_size 0.999: 150 of 150 rows"]),
    ({"data": "digits", "test_size": 0.999}, ["--test_size 0.999"]),
    ({"data": "diabetes", "test_size": 0.9999}, ["--test_size 0.9999: 442 of 442 rows"]),
    # One split needs more rows than one fold: two of each class, and a row of each on either side.
    ({"test_size": 0.95, "folds": 1}, ["--folds 1: "]),
    ({"test_size": 0.97, "folds": 1}, ["--folds 1: "]),
    ({"data": "digits", "test_size": 0.99, "folds": 1}, ["--folds 1: "]),
    ({"data": "diabetes", "test_size": 0.997, "folds": 1}, ["--folds 1: "]),
    ({"estimator": "sklearn.svm.SVR"}, ["--estimator 'sklearn.svm.SVR': is not an estimator for classification"]),
    ({"estimator": "sklearn.svm.SVX"}, ["--estimator 'sklearn.svm.SVX'", "(did you mean 'SVC'?)"]),
    (
        {"estimator": "sklearn.svm.SVC+sklearn.svm.SVC"},
        ["--estimator 'sklearn.svm.SVC+sklearn.svm.SVC': SVC is not a tra"],
    ),
]


@pytest.mark.parametrize(("settings", "parts"), WRONG, ids=[str(settings) for settings, _ in WRONG])
def test_what_does_not_suit_the_data_is_one_problem(settings, parts):
    """What the data or scikit-learn refuse is one line with parameter, value and what is allowed, before any fit."""
    (problem,) = problems_of(**settings)
    assert "\n" not in problem
    assert problem.startswith(parts[0])
    for part in parts:
        assert part in problem


@pytest.mark.parametrize("data", ["iris", "breast_cancer", "diabetes"])
# Some scorers warn about the guesses that they are tried on.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_scorer_either_suits_or_is_refused(data):
    """Each scorer of scikit-learn can be tried on each kind of target, and never ends in a traceback."""
    suitable = set()
    for metric in get_scorer_names():
        try:
            describe(TrainSettings(data=data, metric=metric))
        except WrongValue as error:
            assert f"--metric {metric!r}" in str(error)
        else:
            suitable.add(metric)
    expected = {"iris": "f1_macro", "breast_cancer": "roc_auc", "diabetes": "neg_mean_absolute_error"}
    assert expected[data] in suitable
    assert len(suitable) < len(get_scorer_names())


def test_all_unknown_hyperparameters_are_told_at_once():
    """Each unknown hyperparameter is a line, with the nearest name."""
    problems = problems_of(("max_detph", "n_estimators", "zzz"))
    assert [problem.split(": ")[:2] for problem in problems] == [["--space", "max_detph"], ["--space", "zzz"]]
    assert "(did you mean 'max_depth'?)" in problems[0]


def test_the_problems_of_all_estimators_of_a_space_are_told_at_once():
    """Wrong paths and wrong names of the task's estimators, each with its line; the other task's are left alone."""
    estimators: dict[str, dict[str, dict[str, list[object]]]] = {
        "classification": {
            "sklearn.svm.SVX": {"C": []},
            "sklearn.svm.SVC": {"C": [], "gama": []},
            "auto": {"max_detph": []},
        },
        "regression": {"no.such": {"x": []}},
    }
    where = {"sklearn.svm.SVX": "my.yaml:2", "sklearn.svm.SVC: gama": "my.yaml:6", "auto: max_detph": "my.yaml:8"}
    with pytest.raises(WrongValue) as caught:
        run_plan.describe(TrainSettings(), estimators, {"classification": where})
    first, second, third = caught.value.problems
    assert first.startswith("my.yaml:2: 'sklearn.svm.SVX': must be the import path")
    assert first.endswith("(did you mean 'SVC'?)")
    assert second.startswith("my.yaml:6: gama: SVC has no such hyperparameter (did you mean 'gamma'?); allowed: C, ")
    assert third.startswith(
        "my.yaml:8: max_detph: RandomForestClassifier has no such hyperparameter (did you mean 'max_"
    )


def test_a_space_without_the_task_is_left_to_the_space():
    """Where no estimator is given for the task of the target, none is checked."""
    assert run_plan.describe(TrainSettings(), {"regression": {"no.such": {"x": []}}})["estimators"] == []


def test_preparing_leaves_the_errors_to_the_children():
    """What is wrong in the settings does not end the process that prepares."""
    run_plan.prepare(asdict(TrainSettings(target="petal")), ["sklearn.svm.SVX", "no.such"])


def test_the_examples_of_a_plan_are_made_once():
    """The same data and split find the examples that `prepare` made, whatever estimator and other settings are."""
    run_plan.prepare(asdict(TuneSettings().for_training()), [])
    made = make(refit=False, log_folds="live", estimator="sklearn.svm.SVC", metric="f1_macro").examples
    assert made is make().examples
    assert made is make(target="target", split="stratified", task="classification").examples
    assert made is not make(seed=43).examples


@pytest.mark.parametrize(
    ("metric", "labels", "says"),
    [
        ("neg_log_loss", "ab" * 30 + "abc" * 20, "fold 2 of {}: it scores the class 'c', and has none of it to fit on"),
        ("roc_auc", "ab" * 30 + "b" * 40, "fold 4 of {}: it has no row of the class 'a' to score"),
        ("accuracy", "ab" * 30 + "abc" * 20, None),
    ],
)
def test_a_metric_that_a_fold_can_t_score_is_told_before_any_fit(tmp_path, metric, labels, says):
    """A class appears late, or no more: the sentence names fold and class; a metric that can do without goes on."""
    path = tmp_path / "late.csv"
    path.write_text("t,y\n" + "".join(f"{number},{label}\n" for number, label in enumerate(labels)))
    asked = {"data": str(path), "split": "time:t", "metric": metric}
    if says is None:
        describe(TrainSettings(**asked))
        return
    (problem,) = problems_of(**asked)
    assert says.format(path) in problem
    assert problem.endswith("take fewer --folds, another --split or another --metric")
