"""Early stopping, from the command to the model that is logged."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run

from steps.tuning.champion import registry
from tests.e2e.packages import activated, environment
from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

HIST = "sklearn.ensemble.HistGradientBoostingRegressor"
# Estimators of packages that are not in this project's environment, the name of their rounds, and labels or none.
BOOSTED = {
    "xgboost.XGBClassifier": ("n_estimators", "breast_cancer"),
    "xgboost.XGBRegressor": ("n_estimators", "diabetes"),
    "lightgbm.LGBMClassifier": ("n_estimators", "breast_cancer"),
    "lightgbm.LGBMRegressor": ("num_iterations", "diabetes"),
    "catboost.CatBoostClassifier": ("iterations", "breast_cancer"),
    "catboost.CatBoostRegressor": ("n_estimators", "diabetes"),
}
COUNT = """
import sys, mlflow
model = mlflow.sklearn.load_model(sys.argv[1])[-1]
while hasattr(model, "steps") or hasattr(model, "classifier_"):
    model = model.steps[-1][1] if hasattr(model, "steps") else model.classifier_
print(getattr(model, "tree_count_", None) or model.get_params()[sys.argv[2]])
"""


@pytest.mark.slow
def test_a_study_gives_its_champion_the_mean_of_the_best_rounds(place: Place) -> None:
    """`best_iteration` is on each trial and on the champion, which repeats to the last bit."""
    words: dict[str, Any] = {"data": "diabetes", "folds": 3, "early_stopping": 5, "n_trials": 2, "champion": "true"}
    place.step("steps.tune", check=True, space=f"estimator={HIST} max_iter=500 learning_rate=[0.05,0.3]", **words)
    study = place.study()
    assert all(1 <= run.data.metrics["best_iteration"] < 400 for run in study.children)
    rates = {run.data.params["learning_rate"]: run.data.metrics["best_iteration"] for run in study.trials}
    assert rates.get("0.05", 999) > rates.get("0.3", 0)
    (champion,) = [run for run in study.children if run.data.tags["tuning.role"] == "champion"]
    champion = place.client.get_run(champion.info.run_id)
    assert champion.data.params["early_stopping"] == "5"
    assert counted(place, place.python, champion, "max_iter") == round(champion.data.metrics["best_iteration"])
    assert "identical" in place.step("steps.reproduce", check=True, run_id=champion.info.run_id).stdout


def counted(place: Place, python: str, run: Run, name: str) -> int:
    """Load the model that a run has logged, and return its rounds."""
    done = subprocess.run(
        [python, "-c", COUNT, str(registry.model_of(run)), name],
        env={**place.env, "PYTHONWARNINGS": "ignore"},
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the packages."""
    return environment(tmp_path_factory.mktemp("environment"), "boosting", "lightgbm==4.7.0", "catboost==1.2.10")


@pytest.mark.slow
@pytest.mark.parametrize("path", BOOSTED)
def test_each_package_stops_early(path: str, python: Path, new_place: Callable[..., Place]) -> None:
    """Its folds stop far before the last round, and its refit has as many rounds as were best.

    Classes are text, and their rows have weights.
    """
    place = new_place(python=str(python), extra=activated(python))
    name, data = BOOSTED[path]
    words: dict[str, Any] = {name: 900, "early_stopping": 10, "folds": 2, "estimator": path, "data": data}
    if data == "breast_cancer":
        words |= {"data": weighed(place.folder, data), "weight": "weight", "target": "target"}
    done = place.run(place.step_command("steps.train", **words), cwd=Path(place.project), check=True)
    (run,) = place.client.search_runs(["0"])
    best = run.data.metrics["best_iteration"]
    assert 1 <= best < 700
    assert f"the refit has {round(best)} rounds; best in the folds: " in done.stderr
    assert counted(place, str(python), place.client.get_run(run.info.run_id), name) == round(best)


def weighed(folder: Path, data: str) -> str:
    """Write a set that scikit-learn ships to a file with a column of weights, and labels of text."""
    from sklearn import datasets

    frame = getattr(datasets, f"load_{data}")(as_frame=True).frame
    frame["weight"] = 1 + frame.index % 3
    frame["target"] = frame["target"].map({0: "malignant", 1: "benign"})
    frame.to_csv(path := folder / f"{data}.csv", index=False)
    return str(path)
