"""How a study ends, what it optimizes and what it knows from its start, through the real commands."""

import json
import shutil
from collections.abc import Callable

import pytest

from tests.e2e.tools import Place
from tests.host import ROOT

pytestmark = pytest.mark.e2e

SHORT = {"folds": 2, "jobs": 2}


def test_a_target_that_is_reached_ends_the_study(place: Place) -> None:
    """The trial that reaches it is the last that counts; those launched beyond it are STOPPED and counted nowhere."""
    done = place.step("steps.tune", check=True, **SHORT, n_trials=500, target_value=0.5)
    study = place.study()
    counted = [run for run in study.trials if run.data.tags["tuning.state"] != "STOPPED"]
    assert [run.data.tags["tuning.state"] for run in counted] == ["COMPLETE"]
    assert {run.info.status for run in study.ended("STOPPED")} <= {"KILLED", "FINISHED"}
    assert study.parent.data.tags["tuning.stopped_by"] == "target"
    assert study.parent.data.metrics["trials_complete"] == 1
    assert "Ended: it reached its target of 0.5 after 1 of 500 trials" in done.stdout


def test_the_time_limit_ends_running_trials_too(place: Place) -> None:
    """After timeout_s what has finished is reported, and what runs is ended: nothing is left RUNNING."""
    command = place.step_command("steps.tune", **SHORT, n_trials=5000, timeout_s=10)
    place.run(command, cwd=ROOT, check=True)
    study = place.study()
    complete = study.ended("COMPLETE")
    assert complete
    assert study.parent.data.tags["tuning.stopped_by"] == "timeout"
    assert study.parent.data.metrics["trials_complete"] == len(complete)
    assert {run.info.status for run in study.children} <= {"KILLED", "FINISHED"}
    assert place.processes() == {}


def test_two_objectives_give_a_front(place: Place) -> None:
    """Of a score and the time of a fit, the trials that no other beats in both are tagged, and told."""
    done = place.step("steps.tune", check=True, **SHORT, n_trials=8, objective="cv_accuracy,fit_time_s")
    trials = place.study().trials
    values = {run.info.run_id: (run.data.metrics["cv_accuracy"], -run.data.metrics["fit_time_s"]) for run in trials}
    front = {run.info.run_id for run in trials if run.data.tags.get("tuning.pareto") == "true"}
    for run_id, (score, speed) in values.items():
        beaten = any(a >= score and b >= speed and (a, b) != (score, speed) for a, b in values.values())
        assert beaten == (run_id not in front)
    assert done.stdout.count("On the front: trial ") == len(front)
    assert "tuning.best_run" not in place.study().parent.data.tags


def test_a_grid_ends_when_it_is_exhausted(place: Place) -> None:
    """Each point of a grid is tried once, and the study ends with the last, whatever n_trials allows."""
    path = place.folder / "grid.yaml"
    path.write_text("max_depth: {type: int, low: 1, high: 2}\nn_estimators: {type: categorical, choices: [5, 9]}\n")
    place.step("steps.tune", check=True, **SHORT, space=path, sampler="grid")
    study = place.study()
    tried = [tuple(json.loads(run.data.tags["tuning.params"]).values()) for run in study.trials]
    assert sorted(tried) == [(1, 5), (1, 9), (2, 5), (2, 9)]
    assert study.parent.data.tags["tuning.stopped_by"] == "exhausted"


def test_a_study_starts_from_the_runs_of_another(iris: Place, new_place: Callable[..., Place]) -> None:
    """The trials of an earlier study enter the search, which draws by them at once; which they were is kept."""
    place = new_place()
    shutil.copy(iris.folder / "mlflow.db", place.folder / "mlflow.db")
    earlier = iris.study()
    client = place.client
    experiment = client.create_experiment("warm", (place.folder / "artifacts").as_uri())
    place.extra["MLFLOW_EXPERIMENT_ID"] = experiment
    done = place.step("steps.tune", check=True, n_trials=1, warm_start="Default")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("tune: --warm_start")]
    (baseline,) = [run.info.run_id for run in earlier.children if run.data.tags["tuning.role"] == "baseline"]
    assert line.endswith(f"12 of 13 runs enter as past trials; left out: 1 outside the space ({baseline})")
    (parent,) = client.search_runs([experiment], "tags.`tuning.role` = 'study'")
    (trial,) = client.search_runs([experiment], "tags.`tuning.role` = 'trial'")
    assert trial.data.tags["tuning.trial"] == "0"
    assert trial.data.tags["tuning.params"] != earlier.trials[0].data.tags["tuning.params"]
    kept = json.loads((place.folder / "artifacts" / parent.info.run_id / "artifacts" / "warm_start.json").read_text())
    assert set(kept["runs"]) == {run.info.run_id for run in earlier.trials}
    assert kept["left_out"] == {baseline: "outside the space"}


def test_a_dry_run_shows_what_would_be_done(place: Place) -> None:
    """The space, its size, the first trials and the command of one are told; there is no child."""
    done = place.step("steps.tune", check=True, dry_run="true")
    for part in (
        "n_estimators",
        "2718 points",
        "  0: {",
        "  12: {",
        "  13, ...: by the scores",
        "mlflow run . -e train",
        "maximize cv_accuracy",
    ):
        assert part in done.stdout, done.stdout
    assert len(place.client.search_runs(["0"])) == 1
