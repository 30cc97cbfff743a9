"""Trainings with torch, Keras, Lightning, XGBoost and LightGBM: under `warm` as in an interpreter of their own."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.entities import Run

from steps.names import Metric
from tests.e2e.packages import activated, environment
from tests.e2e.side_by_side import write_space
from tests.e2e.tools import LIMIT_S, Place, Study, copy_project, until
from tests.waits import slowness

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PACKAGES = ("torch==2.13.0", "keras==3.15.1", "lightning==2.6.6", "lightgbm==4.7.0")  # XGBoost is below
Logged = dict[str, list[tuple[int, float]]]  # metric -> its steps and values
# What each logs, and how often.
SCRIPTS = {
    "torch_workers": {"loss": 3, "workers": 1},
    "keras_on_torch": {"loss": 3, "val_loss": 3},
    "lightning_epochs": {"train_loss": 3, "val_loss": 3},
    "xgboost_rounds": {"validation-rmse": 5},
    "lightgbm_rounds": {"valid_0-l2": 5},
}
STANZA = """
  library:
    parameters: {script: string, again: float}
    command: "python frameworks/{script}.py --again {again}"
  torchrun:
    parameters: {how: string, again: float}
    command: >-
      torchrun --nproc-per-node=2 --master-port=${{TUNING_PORT:-29500}} frameworks/two_processes.py {how} {again}
"""
ANY = {"direction": "minimize", "sampler": "random", "retries": 0, "jobs": 2}
# A trial that was forked from a process with the library is not cold, and ends the study.
LIBRARY = {"entry_point": "library", "objective": "cold", "target_value": 0, "n_trials": 50, "threads": 2, **ANY}
TORCHRUN = {"entry_point": "torchrun", "objective": "loss", "n_trials": 2, **ANY}
# How the processes of a trial end, in turn, and the state of the trial.
ENDS = {"well": "COMPLETE", "fails": "FAIL", "killed": "FAIL", "once more": "COMPLETE"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("libraries"))
    (project / "tests" / "samples" / "frameworks").rename(project / "frameworks")
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    write_space(project, "scripts", [{"script": script, "again": "0"} for script in SCRIPTS])
    write_space(project, "ends", [{"how": how, "again": str(number)} for number, how in enumerate(ENDS)])
    return project


@pytest.fixture(scope="module")
def make(
    project: Path, new_place: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Place]:
    """Make a place whose commands are those of an environment that has the libraries."""
    python = environment(tmp_path_factory.mktemp("environment"), "training", *PACKAGES)
    return lambda: new_place(project=project, python=str(python), extra=activated(python))


def tuned(place: Place, space: str, **settings: object) -> Study:
    """Run a study to its end."""
    words = place.step_command("steps.tune", space=space, **settings)
    place.run(words, cwd=Path(place.project), check=True, limit_s=LIMIT_S * slowness())
    place.all_gone()
    return place.study()


def logged(study: Study, run: Run) -> Logged:
    """Read each step of what a trial has logged, but for what is its own."""
    names = run.data.metrics.keys() - {"cold", "trial", *Metric.COSTS}
    histories = {name: study.client.get_metric_history(run.info.run_id, name) for name in names}
    return {name: [(metric.step, metric.value) for metric in history] for name, history in histories.items()}


@pytest.fixture(scope="module")
def expected(make: Callable[[], Place]) -> dict[str, Logged]:
    """What each script logs in an interpreter of its own."""
    words = {**LIBRARY, "target_value": "none", "n_trials": len(SCRIPTS)}
    study = tuned(make(), "./scripts.yaml", **words, backend="local")
    return {script: logged(study, run) for script, run in zip(SCRIPTS, study.ended("COMPLETE"), strict=True)}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_learned_is_the_same(script: str, expected: dict[str, Logged], make: Callable[[], Place]) -> None:
    """Every step of every metric, to the last bit, two trials at a time.

    Be a trial cold, or forked from a process that has imported the library.
    """
    study = tuned(make(), f"script={script} again=0..1000", **LIBRARY)
    assert {name: len(expected[script][name]) for name in SCRIPTS[script]} == SCRIPTS[script]
    complete = study.ended("COMPLETE")
    assert [logged(study, run) for run in complete] == [expected[script]] * len(complete)
    assert {run.data.metrics["cold"] for run in complete} == {0, 1}
    assert {run.data.tags["tuning.state"] for run in study.children} <= {"COMPLETE", "STOPPED"}


def test_two_processes_of_torchrun_learn_together(make: Callable[[], Place]) -> None:
    """Two trials at a time, each with a port of its own."""
    for backend in ("local", "warm"):
        trials = tuned(make(), "how=well again=0..1000", **TORCHRUN, backend=backend).ended("COMPLETE")
        assert [(run.data.metrics["loss"], run.data.metrics["processes"]) for run in trials] == [(3, 2)] * 2


def test_the_processes_of_torchrun_end_with_their_trial(make: Callable[[], Place]) -> None:
    """Well, after an error of one of them, and after the end of torchrun itself: the next trial finds none."""
    study = tuned(make(), "./ends.yaml", **{**TORCHRUN, "jobs": 1, "window": 1, "n_trials": len(ENDS)})
    trials = dict(zip(ENDS, study.trials, strict=True))
    assert {how: run.data.tags["tuning.state"] for how, run in trials.items()} == ENDS
    assert {how: run.data.metrics["left"] for how, run in trials.items()} == dict.fromkeys(ENDS, 0)


def test_the_processes_of_torchrun_end_with_a_study_that_is_killed(make: Callable[[], Place]) -> None:
    """SIGKILL to the tuner: no process of its trials stays."""
    place = make()
    words = place.step_command("steps.tune", space="how=hangs again=0..1000", **TORCHRUN)
    process = place.start(words, cwd=Path(place.project))
    at_work = "metrics.loss = 3"
    until(lambda: len(place.client.search_runs(["0"], at_work)) == 2, LIMIT_S * slowness(), "two trials at work")
    assert len([command for command in place.processes().values() if "two_processes.py hangs" in command]) >= 4
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    place.all_gone()
