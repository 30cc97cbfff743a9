"""Trials that fail, in a copy of the project with a space of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tools import Done, Place, copy_project

pytestmark = pytest.mark.e2e

SPACES = {
    "half": "max_depth: {type: int, low: -3, high: 3}\nn_estimators: {type: int, low: 5, high: 9}\n",
    "hopeless": "max_depth: {type: int, low: -3, high: -1}\n",
    "broken": "max_depth: {type: integer, low: 3}\nn_estimators: {type: int, low: 9, high: 5, stp: 1}\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in a folder with a blank and a quote, with other spaces and one other pin."""
    project = copy_project(tmp_path_factory.mktemp("it's a copy"))
    for name, text in SPACES.items():
        (project / "steps" / "spaces" / f"{name}.yaml").write_text(text)
    pins = (project / "conda.yaml").read_text()
    (project / "conda.yaml").write_text(pins.replace("- optuna==5.0.0", "- optuna==5.0.1"))
    return project


@pytest.fixture(scope="module")
def half(project: Path, new_place: Callable[..., Place]) -> tuple[Place, Done]:
    place = new_place(project=project)
    return place, place.step("steps.tune", "--space", "half", "--n_trials", "8", "--folds", "2", "--max_failures", "9")


def test_a_failed_trial_is_recorded_with_its_reason_and_the_study_goes_on(half: tuple[Place, Done]) -> None:
    """A trial whose training fails is FAIL and FAILED, with reason and last lines, without a score; others count."""
    place, done = half
    assert done.code == 0, done.stderr
    trials = place.study().trials
    failed = place.study().ended("FAIL")
    assert 0 < len(failed) < len(trials) == 8
    for run in failed:
        assert run.info.status == "FAILED"
        assert run.data.tags["tuning.reason"].startswith("exit code 2: train: ")
        assert "max_depth" in run.data.tags["tuning.stderr"]
        assert "cv_accuracy" not in run.data.metrics
    metrics = place.study().parent.data.metrics
    assert (metrics["trials_complete"], metrics["trials_fail"]) == (8 - len(failed), len(failed))


def test_an_environment_that_differs_from_the_pins_is_named_and_tagged(half: tuple[Place, Done]) -> None:
    """A package of another version than pinned: named on stderr, and every run tagged `drifted`."""
    place, done = half
    assert "environment: optuna 5.0.0 (conda.yaml: 5.0.1)" in done.stderr
    study = place.study()
    assert study.parent.data.tags["tuning.environment"] == "drifted"
    assert {run.data.tags["tuning.environment"] for run in study.ended("COMPLETE")} == {"drifted"}


def test_a_study_without_a_finished_trial_ends_with_code_3(project: Path, new_place: Callable[..., Place]) -> None:
    """If every trial fails, the step says why, shows the last lines of one, and its exit code is 3."""
    place = new_place(project=project)
    done = place.step("steps.tune", "--space", "hopeless", "--n_trials", "3", "--folds", "2")
    assert done.code == 3, done.stderr
    assert "none of 3 trials finished; 3 of them: exit code 2" in done.stderr
    assert "max_depth" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.study().parent.info.status == "FAILED"


def test_all_problems_of_a_space_are_told_at_once(project: Path, new_place: Callable[..., Place]) -> None:
    """A broken space ends before any child, with a line for each problem."""
    place = new_place(project=project)
    done = place.step("steps.tune", "--space", "broken")
    assert done.code == 2
    problems = [line for line in done.stderr.splitlines() if line.startswith("tune: broken.yaml")]
    assert len(problems) == 3, done.stderr
