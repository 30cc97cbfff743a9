"""The same command, seed and window: the same trials, number by number, whatever the timing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.tools import Place, until

pytestmark = pytest.mark.e2e

# Digits, since its scores vary; 30 trials, since TPE draws at random for the first 10.
TRIALS = 30
# With an interpreter for each child a trial costs seconds: CMA-ES draws by what it was told from the second one on.
LOCAL: dict[str, Any] = {"data": "digits", "folds": 1, "jobs": 2, "sampler": "cmaes", "window": 2}
LOCAL_TRIALS = 4
Essence = list[tuple[int, dict[str, object], list[float]]]


@pytest.fixture(scope="module")
def one_at_a_time(new_place: Callable[..., Place]) -> Essence:
    return study(new_place(), jobs=1)


def study(place: Place, *, jobs: int) -> Essence:
    """Run a study; return what has to be the same again."""
    place.step("steps.tune", check=True, data="digits", folds=1, n_trials=TRIALS, jobs=jobs)
    return place.study().essence("accuracy")


@contextmanager
def busy() -> Iterator[None]:
    """Keep a core busy with something else."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_the_scores_vary(one_at_a_time: Essence) -> None:
    """The study tells trials apart, so that equal trials below are no accident."""
    assert len({tuple(scores) for _, _, scores in one_at_a_time}) >= 8


def test_two_at_a_time_beside_a_busy_process_give_the_same_trials(one_at_a_time: Essence, place: Place) -> None:
    """jobs=2 on a busy machine: the same parameters and the same scores, to the last bit."""
    with busy():
        assert study(place, jobs=2) == one_at_a_time


def test_four_at_a_time_give_the_same_trials(one_at_a_time: Essence, place: Place) -> None:
    """jobs=4: the same parameters and the same scores."""
    assert study(place, jobs=4) == one_at_a_time


@pytest.fixture(scope="module")
def local(new_place: Callable[..., Place]) -> Iterator[Place]:
    """A study with backend=local, whose children are `mlflow run`s of their own, when its first trials have ended."""
    place = new_place()
    process = place.start(place.command("tune", n_trials=100, backend="local", **LOCAL), cwd=place.folder)

    def all_ended() -> bool:
        assert process.poll() is None, (place.folder / "output.txt").read_text()
        return len(place.client.search_runs(["0"], "tags.`tuning.state` = 'COMPLETE'")) > LOCAL_TRIALS  # a baseline too

    until(all_ended, 900, f"{LOCAL_TRIALS} trials ended")
    yield place
    process.kill()
    process.wait()


@pytest.mark.slow
def test_the_local_backend_gives_the_same_trials(place: Place, local: Place) -> None:
    """backend=local, whose children are interpreters of their own: the same trials, by earlier scores too."""
    place.step("steps.tune", check=True, n_trials=LOCAL_TRIALS, **LOCAL)
    assert local.study().essence("accuracy")[:LOCAL_TRIALS] == place.study().essence("accuracy")
    children = [run for run in local.study().children if "tuning.state" in run.data.tags]
    assert {run.data.tags["mlflow.project.backend"] for run in children} == {"local"}
    assert {run.info.status for run in children} == {"FINISHED"}
    assert "Running command 'PYTHONSAFEPATH= python -m steps.train" not in (local.folder / "output.txt").read_text()


@pytest.mark.slow
def test_children_of_the_local_backend_do_not_outlive_mlflow_run(local: Place) -> None:
    """SIGKILL to the study's `mlflow run` in the midst of trials: after 5 s no process of the study is left."""
    (mlflow_run,) = [pid for pid, command in local.processes().items() if " run " in command and "-e tune" in command]
    os.kill(mlflow_run, signal.SIGKILL)
    local.all_gone()
