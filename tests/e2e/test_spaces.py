"""Spaces and estimators of a user's own, through the real commands."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from tests.e2e.tools import Place, Study, outputs
from tests.host import ROOT

pytestmark = pytest.mark.e2e

CARRY = ROOT / "tests" / "samples" / "carry_values.py"
SVC = "sklearn.preprocessing.StandardScaler+sklearn.svm.SVC"
XGB = "xgboost.XGBClassifier"
TREE = "sklearn.tree.DecisionTreeClassifier"
SPACE = f"""\
estimator:
  {TREE}:
    max_depth: {{type: int, low: 1, high: 9}}
    class_weight: {{type: categorical, choices: [null, balanced]}}
  {SVC}:
    svc__C: {{type: float, low: 1.0e-3, high: 1.0e+3, log: true}}
    svc__kernel: {{type: categorical, choices: [linear, rbf]}}
    svc__gamma: {{type: float, low: 1.0e-4, high: 1, log: true, when: {{svc__kernel: rbf}}}}
    svc__cache_size: 100
  {XGB}:
    n_estimators: {{type: int, low: 2, high: 20}}
try:
  - {{estimator: {SVC}, svc__C: 1, svc__kernel: rbf, svc__gamma: 0.1}}
  - {{estimator: {XGB}, n_estimators: 5}}
"""


@pytest.fixture(scope="module")
def several(new_place: Callable[..., Place]) -> Place:
    """A study of a space by path, of three estimators, one of which is no scikit-learn's; its stdout is in a file."""
    place = new_place()
    folder = place.folder / "it's mine"
    folder.mkdir()
    (folder / "my space.yaml").write_text(SPACE)
    settings = {"data": "wine", "folds": 2, "n_trials": 16, "jobs": 2}
    done = place.step("steps.tune", check=True, space=folder / "my space.yaml", **settings)
    (place.folder / "stdout").write_text(done.stdout)
    return place


@pytest.fixture
def study(several: Place) -> Study:
    return several.study()


def test_each_trial_is_of_one_estimator_and_has_its_hyperparameters_alone(study: Study) -> None:
    """A trial carries no parameter of a branch that it is not in; its estimator and fixed values are with it."""
    wanted = {TREE: {"max_depth", "class_weight"}, XGB: {"n_estimators"}}
    assert len(study.trials) == 16
    for run in study.trials:
        params = json.loads(run.data.tags["tuning.params"])
        estimator = params.pop("estimator")
        assert run.data.params["estimator"] == estimator
        assert run.data.tags["tuning.state"] == "COMPLETE", run.data.tags
        assert run.data.tags["tuning.estimator"] == estimator
        gamma = {"svc__gamma"} if params.get("svc__kernel") == "rbf" else set()
        assert set(params) == wanted.get(estimator, {"svc__C", "svc__kernel", "svc__cache_size"} | gamma)
        assert {key for key in run.data.params if key.startswith("svc__")} == {
            k for k in params if k.startswith("svc__")
        }
    assert len(Counter(run.data.params["estimator"] for run in study.trials)) == 3


def test_the_points_to_try_are_the_first_trials(study: Study) -> None:
    """The file's known good points come first, in their order."""
    first, second = study.trials[:2]
    assert first.data.params["estimator"] == SVC
    assert json.loads(first.data.tags["tuning.params"]) == {
        "estimator": SVC, "svc__C": 1.0, "svc__kernel": "rbf", "svc__gamma": 0.1, "svc__cache_size": 100,
    }  # fmt: skip
    assert second.data.params["estimator"] == XGB
    assert json.loads(second.data.tags["tuning.params"]) == {"estimator": XGB, "n_estimators": 5}


def test_there_is_a_baseline_for_each_estimator(several: Place, study: Study) -> None:
    """Each estimator's own defaults are scored once, named by its class; the parent has the best of them."""
    baselines = {run.info.run_name: run for run in study.children if run.data.tags["tuning.role"] == "baseline"}
    assert set(baselines) == {"baseline DecisionTreeClassifier", "baseline SVC", "baseline XGBClassifier"}
    assert json.loads(baselines["baseline SVC"].data.tags["tuning.params"]) == {"estimator": SVC}
    scores = {name: run.data.metrics["cv_accuracy"] for name, run in baselines.items()}
    best = max(scores.values())
    assert study.parent.data.metrics["baseline"] == best
    stdout = (several.folder / "stdout").read_text()
    named = [name.removeprefix("baseline ") for name, score in scores.items() if score == best]
    assert any(f"({name}'s defaults, the best of 3; tuning gained " in stdout for name in named)


def test_a_conditional_study_is_repeatable(several: Place, place: Place) -> None:
    """One at a time, the same space gives the same trials, TPE's own draws among them, to the last bit."""
    path = several.folder / "it's mine" / "my space.yaml"
    words = ["--space", str(path), "--data", "wine", "--folds", "2", "--n_trials", "16", "--jobs", "1"]
    done = place.step("steps.tune", *words)
    assert done.code == 0, done.stderr
    assert place.study().essence("accuracy") == several.study().essence("accuracy")
    assert [run.data.params["estimator"] for run in place.study().trials] == [
        run.data.params["estimator"] for run in several.study().trials
    ]


def test_what_the_estimators_refuse_is_told_with_its_lines_before_any_child(place: Place) -> None:
    """Wrong import paths and hyperparameters of a space end the study with all problems, each with file and line."""
    path = place.folder / "my.yaml"
    path.write_text(SPACE.replace("max_depth", "max_detph").replace("XGBClassifier", "XGBClasifier"))
    done = place.step("steps.tune", "--space", str(path))
    assert done.code == 2
    first, second = done.stderr.splitlines()
    assert first.startswith(
        f"tune: {path}:3: max_detph: DecisionTreeClassifier has no such hyperparameter (did you mean "
    )
    assert second.startswith(
        f"tune: {path}:10: 'xgboost.XGBClasifier': must be the import path of a scikit-learn estim"
    )
    (only,) = place.client.search_runs(["0"])
    assert only.data.tags["tuning.role"] == "nothing"


def test_a_value_that_an_estimator_rejects_is_one_sentence(place: Place) -> None:
    """A wrong value of xgboost's, whose error is its own, ends a training with exit code 2 and one line."""
    done = place.step("steps.train", "--estimator", XGB, "--booster", "gbtre", "--refit", "false")
    assert done.code == 2
    assert done.stderr.splitlines() == [f"train: {XGB}: Unknown gbm type gbtre"]


def test_a_model_with_encoded_labels_is_loaded_where_the_project_is_not(place: Place, tmp_path: Path) -> None:
    """The logged xgboost model predicts the labels themselves, and needs nothing of this project to be loaded."""
    done = place.step("steps.train", "--estimator", XGB, "--n_estimators", "5", "--folds", "2")
    assert done.code == 0, done.stderr
    (run,) = place.client.search_runs(["0"])
    (output,) = outputs(run)
    mlflow.set_tracking_uri(place.uri)
    pins = Path(mlflow.pyfunc.get_model_dependencies(f"models:/{output.model_id}")).read_text()
    assert "xgboost-cpu==" in pins
    script = (
        f"import mlflow, sys; mlflow.set_tracking_uri({place.uri!r})\n"
        f"model = mlflow.pyfunc.load_model('models:/{output.model_id}')\n"
        "print(set(model.predict(model.input_example)) <= {0, 1, 2}, 'steps' in sys.modules)"
    )
    env = {key: value for key, value in place.env.items() if key != "PYTHONPATH"}
    loaded = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert loaded.stdout.split() == ["True", "False"], loaded.stderr


@pytest.mark.parametrize(
    ("backend", "launches"), [("warm", 4), pytest.param("warm", 12, marks=pytest.mark.slow), ("local", 1)]
)
def test_every_kind_of_value_arrives_as_it_was(backend: str, launches: int, place: Place) -> None:
    """Hundreds of values, from a space through `mlflow.run` to `get_params()`: same type, same value, to the last bit.

    Floats, negative, with exponents; None, booleans, text with blanks, quotes, `$`, `;`, backticks, line breaks, of
    other scripts, with leading dashes, empty, "None"; tuples. By the warm backend, and by the local one's shell.
    """
    env = {**place.env, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, str(CARRY), backend, str(launches)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"carried {launches * 40} values" in done.stdout
