"""One training run: `mlflow run . -e train`."""

from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from tests.e2e.tools import Done, Place, outputs
from tests.host import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def trained(new_place: Callable[..., Place]) -> tuple[Place, Done]:
    """A run without `-e`: the entry point is then `main`, which is `train`."""
    place = new_place()
    words = place.command("train", n_estimators=20, max_depth=3, folds=2)
    return place, place.run([word for word in words if word not in ("-e", "train")], check=True)


def test_train_logs_scores_and_a_model_that_predicts(trained: tuple[Place, Done]) -> None:
    """A run has its folds' scores, the held-out score and a model with signature, example and pinned requirements."""
    place, done = trained
    (run,) = place.client.search_runs(["0"])
    assert run.info.status == "FINISHED"
    assert {"cv_accuracy", "cv_accuracy_std", "fold_accuracy", "test_accuracy"} <= set(run.data.metrics)
    assert run.data.params["n_estimators"] == "20"
    assert f"test_accuracy: {run.data.metrics['test_accuracy']:.6g}" in done.stdout
    mlflow.set_tracking_uri(place.uri)
    (output,) = outputs(run)
    model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    assert model.metadata.metadata["columns"][0] == {"name": "sepal length (cm)", "kind": "number", "optional": False}
    example = model.input_example
    assert len(model.predict(example)) == len(example)
    pins = Path(mlflow.pyfunc.get_model_dependencies(f"models:/{output.model_id}")).read_text().split()
    assert pins
    assert all("==" in pin for pin in pins), pins


def test_the_model_is_saved_in_a_format_whose_loading_runs_no_code(trained: tuple[Place, Done]) -> None:
    """A forest is saved by skops."""
    place, _ = trained
    (run,) = place.client.search_runs(["0"])
    (output,) = outputs(run)
    mlflow.set_tracking_uri(place.uri)
    flavor = mlflow.models.get_model_info(f"models:/{output.model_id}").flavors["sklearn"]
    assert flavor["serialization_format"] == "skops"


def test_live_folds_are_written_as_they_come_and_score_the_same(trained: tuple[Place, Done], place: Place) -> None:
    """With log_folds=live each fold is on record as it ends; the same seed scores the same, to the last bit."""
    before, _ = trained
    place.step("steps.train", check=True, log_folds="live", refit="false", n_estimators=20, max_depth=3, folds=2)
    again, once = (p.client.search_runs(["0"])[0] for p in (place, before))
    names = ("cv_accuracy", "cv_accuracy_std", "fold_accuracy")
    assert [again.data.metrics[name] for name in names] == [once.data.metrics[name] for name in names]
    folds, at_end = (
        p.client.get_metric_history(run.info.run_id, "fold_accuracy") for p, run in ((place, again), (before, once))
    )
    assert [(fold.step, fold.value) for fold in folds] == [(fold.step, fold.value) for fold in at_end]
    assert [fold.step for fold in folds] == [0, 1]
    assert folds[0].timestamp < folds[-1].timestamp
    assert not outputs(again)


# Each row: the step, its words, what its one line on stderr has to say.
WRONG = [
    ("steps.train", ["--folds", "many"], ["--folds 'many'", "a whole number from 1 to 1000"]),
    ("steps.train", ["--test_size", "1.5"], ["--test_size '1.5'", "above 0 and below 1"]),
    ("steps.train", ["--refit", "maybe"], ["--refit 'maybe'", "true or false"]),
    ("steps.tune", ["--n_trials", "0"], ["--n_trials '0'", "a whole number from 1"]),
    ("steps.tune", ["--jobs", "-1"], ["--jobs '-1'", "auto or a whole number from 1 to 4096"]),
    ("steps.tune", ["--sampler", "tpa"], ["--sampler 'tpa'", "one of tpe, random", "did you mean 'tpe'?"]),
    ("steps.tune", ["--n_trails", "5"], ["--n_trails '5'", "unknown parameter", "did you mean 'n_trials'?"]),
]
# These are known only when the data or the installed packages are there.
WRONG_LATER = [
    ("steps.tune", ["--data", "no/such.csv"], ["--data 'no/such.csv'", str(ROOT), "give an absolute path"]),
    ("steps.train", ["--max_detph", "5"], ["--max_detph", "did you mean 'max_depth'?"]),
    ("steps.train", ["--max_features", "sqrrt"], ["max_features", "sqrrt"]),
    ("steps.tune", ["--target", "petal"], ["--target 'petal'", "petal width (cm)"]),
    ("steps.tune", ["--space", "random_florist"], ["--space 'random_florist'", "random_forest"]),
]


@pytest.mark.parametrize(("module", "words", "parts"), [*WRONG, *WRONG_LATER])
def test_a_wrong_value_ends_before_any_child(place: Place, module: str, words: list[str], parts: list[str]) -> None:
    """A wrong value: exit code 2, one line that names parameter, value and what is allowed; no child, no traceback."""
    done = place.step(module, *words)
    assert done.code == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("20")]
    for part in parts:
        assert part in line
    assert [r for r in place.client.search_runs(["0"]) if r.data.tags.get("mlflow.parentRunId")] == []


@pytest.mark.parametrize(("entry_point", "name", "value"), [("tune", "jobs", "none"), ("train", "threads", "none")])
def test_mlflow_run_of_a_wrong_value_fails_with_the_same_line(
    place: Place, entry_point: str, name: str, value: str
) -> None:
    """Through `mlflow run` the line names the parameter as it was typed; the run is FAILED and has no child."""
    done = place.mlflow_run(entry_point, check=False, **{name: value})
    assert done.code == 1
    assert f"{entry_point}: -P {name}='none': must be " in done.stderr
    assert "Traceback" not in done.stderr
    (run,) = place.client.search_runs(["0"])
    assert run.info.status == "FAILED"
    assert run.data.tags["mlflow.note.content"].startswith(f"Nothing was run: -P {name}='none': must be ")
    assert run.data.tags["tuning.role"] == "nothing"


@pytest.mark.parametrize("words", [["steps.train", "--refit", "false", "--folds", "2"], ["steps.tune"]])
def test_a_database_of_another_mlflow_is_told_in_one_sentence(place: Place, words: list[str]) -> None:
    """Where another MLflow has changed the database's schema, the step says so and what to do, exit code 2."""
    place.extra["MLFLOW_RUN_ID"] = "0" * 32  # as under the other MLflow's `mlflow run`
    import sqlite3

    with sqlite3.connect(place.folder / "mlflow.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    done = place.step(*words)
    assert done.code == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "schema of another MLflow" in done.stderr
    assert "mlflow db upgrade" in done.stderr
