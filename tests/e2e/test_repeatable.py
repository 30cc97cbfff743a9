"""The same command, seed and window: the same trials, number by number, whatever the timing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

# Digits, since its scores vary; 30 trials, since TPE draws at random for the first 10.
TRIALS = 30
Essence = list[tuple[int, dict[str, object], list[float]]]


@pytest.fixture(scope="module")
def one_at_a_time(new_place: Callable[..., Place]) -> Essence:
    return study(new_place(), jobs=1)


def study(place: Place, *, trials: int = TRIALS, **parameters: object) -> Essence:
    """Run a study; return what has to be the same again."""
    place.step("steps.tune", check=True, data="digits", folds=1, n_trials=trials, **parameters)
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


def test_the_local_backend_gives_the_same_trials(one_at_a_time: Essence, place: Place) -> None:
    """backend=local, whose children are interpreters of their own: the same trials, TPE's first own draw among them."""
    assert study(place, trials=11, jobs=2, backend="local") == one_at_a_time[:11]
    children = place.study().children
    assert {run.data.tags["mlflow.project.backend"] for run in children} == {"local"}
    assert {run.info.status for run in children} == {"FINISHED"}
