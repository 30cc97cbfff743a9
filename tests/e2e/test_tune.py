"""The main job: `mlflow run . -e tune`, and what a study leaves in MLflow."""

import json
from collections.abc import Callable

import pytest

from tests.e2e.tools import Place, Study, git, outputs
from tests.host import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture
def study(iris: Place) -> Study:
    return iris.study()


def test_each_trial_is_a_nested_project_run_of_train(study: Study) -> None:
    """Every child is one that `mlflow.run` made: nested, of the entry point `train`, with the commit and parameters."""
    assert len(study.trials) == 12
    for run in study.children:
        tags = run.data.tags
        assert tags["mlflow.project.entryPoint"] == "train"
        assert tags["mlflow.project.backend"] == "warm"
        assert tags["mlflow.source.type"] == "PROJECT"
        assert tags["mlflow.source.git.commit"] == git(ROOT, "rev-parse", "HEAD")
        assert tags["tuning.study"] == study.parent.info.run_name
        assert tags["tuning.environment"] == "pinned"
        assert run.info.status == "FINISHED"
        assert run.data.params["refit"] == "false"
        assert run.data.params["metric"] == "accuracy"
        assert run.data.params["estimator"] == "sklearn.ensemble.RandomForestClassifier"


def test_a_trial_carries_its_number_state_parameters_and_scores(study: Study) -> None:
    """A trial can be found, read and charted: name, tags, mean, spread and each fold's score as a step."""
    for number, run in enumerate(study.trials):
        tags, metrics = run.data.tags, run.data.metrics
        assert run.info.run_name == f"trial {number:03d}"
        assert (tags["tuning.role"], tags["tuning.trial"], tags["tuning.state"]) == ("trial", str(number), "COMPLETE")
        params = json.loads(tags["tuning.params"])
        assert 50 <= params["n_estimators"] <= 200
        assert 3 <= params["max_depth"] <= 20
        assert {name: run.data.params[name] for name in params} == {name: str(value) for name, value in params.items()}
        assert metrics["trial"] == number
        folds = study.client.get_metric_history(run.info.run_id, "fold_accuracy")
        assert [fold.step for fold in folds] == [0, 1, 2, 3, 4]
        assert metrics["cv_accuracy"] == pytest.approx(sum(fold.value for fold in folds) / 5)
        assert metrics["cv_accuracy_std"] >= 0


def test_a_trial_neither_sees_the_held_out_rows_nor_keeps_a_model(study: Study) -> None:
    """No child of a study has a held-out score or a logged model."""
    for run in study.children:
        assert not [name for name in run.data.metrics if name.startswith("test_")]
        assert not outputs(run)


def test_a_baseline_runs_beside_the_trials(study: Study) -> None:
    """One child has the estimator's own defaults, on the same folds, and is no trial."""
    (baseline,) = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    assert baseline.info.run_name == "baseline"
    assert json.loads(baseline.data.tags["tuning.params"]) == {}
    assert "trial" not in baseline.data.metrics
    assert study.parent.data.metrics["baseline"] == baseline.data.metrics["cv_accuracy"]


def test_the_parent_follows_the_best_in_told_order(study: Study) -> None:
    """`best_cv_accuracy` has one step for each trial and is the running maximum of the trials in their order."""
    values = [run.data.metrics["cv_accuracy"] for run in study.trials]
    assert study.history("best_cv_accuracy") == [(n, max(values[: n + 1])) for n in range(len(values))]


def test_the_parent_names_the_winner_and_counts_the_trials(study: Study) -> None:
    """The parent run says which trial won, with what, out of how many; the first of equals wins."""
    tags, metrics = study.parent.data.tags, study.parent.data.metrics
    values = [run.data.metrics["cv_accuracy"] for run in study.trials]
    best = study.trials[values.index(max(values))]
    assert tags["tuning.best_run"] == best.info.run_id
    assert tags["tuning.best_trial"] == best.data.tags["tuning.trial"]
    assert json.loads(tags["tuning.best_params"]) == json.loads(best.data.tags["tuning.params"])
    assert (metrics["trials_complete"], metrics["trials_fail"], metrics["trials_pruned"]) == (12, 0, 0)
    assert study.parent.info.status == "FINISHED"


def test_the_end_is_told_on_stdout_and_the_talk_is_on_stderr(iris: Place, study: Study) -> None:
    """Stdout has the result and where to look; stderr one progress bar and no line for each launch."""
    stdout, stderr = ((iris.folder / name).read_text() for name in ("stdout", "stderr"))
    best = json.loads(study.parent.data.tags["tuning.best_params"])
    lines = stdout.splitlines()
    assert f"Best trial: {best}" in lines  # whole numbers
    assert f"Best accuracy: {max(r.data.metrics['cv_accuracy'] for r in study.trials):.6g}" in lines
    assert [line.partition(":")[0] for line in lines[-3:]] == ["UI", "Study", "Go on"]
    assert "12/12" in stderr
    assert "Running command 'PYTHONSAFEPATH= python -m steps.train" not in stderr


def test_a_study_leaves_no_process_and_no_file(iris: Place) -> None:
    """When the command has ended, nothing of the study runs on and its temporary files are gone."""
    assert iris.processes() == {}
    assert [path.name for path in (iris.folder / "tmp").glob("tune-*")] == []


def test_eight_children_at_once_on_a_fresh_database(new_place: Callable[..., Place]) -> None:
    """Eight children write at the same time into a database that did not exist before, and none is lost."""
    place = new_place(fresh=True)
    place.step("steps.tune", check=True, n_trials=16, jobs=8, window=8, folds=1)
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE"] * 16


def test_tune_runs_from_a_git_url(new_place: Callable[..., Place], git_url: str) -> None:
    """`mlflow run <git url> -e tune` works: its children are of the same commit, in the experiment that was named."""
    place = new_place(project=git_url)
    place.mlflow_run("tune", "--experiment-name", "From a URL", n_trials=2, folds=1)
    experiment = place.client.get_experiment_by_name("From a URL")
    assert experiment is not None
    runs = place.client.search_runs([experiment.experiment_id])
    assert len(runs) == 4
    assert len({run.data.tags["mlflow.source.git.commit"] for run in runs}) == 1
    assert {run.data.tags["mlflow.source.git.repoURL"] for run in runs} == {git_url}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_regression_needs_no_other_space_and_more_jobs_than_window_are_said_once(place: Place) -> None:
    """With a quantity for a target the same space tunes the regressor, by R²; one line says that jobs can't be used."""
    done = place.step("steps.tune", check=True, data="diabetes", n_trials=2, folds=1, jobs=3, window=2)
    assert done.stderr.count("more than --window 2") == 1
    study = place.study()
    assert {run.data.params["estimator"] for run in study.trials} == {"sklearn.ensemble.RandomForestRegressor"}
    assert all("cv_r2" in run.data.metrics for run in study.trials)
