"""A study that is killed at random moments and started again is the study that it would have been."""

from collections.abc import Callable

import pytest

from tests.chaos import harness
from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def expected(new_place: Callable[..., Place]) -> harness.Essence:
    return harness.undisturbed(new_place())


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=SLOW), pytest.param(3, marks=SLOW)])
def test_a_disturbed_study_ends_as_an_undisturbed_one(seed: int, expected: harness.Essence, place: Place) -> None:
    """Exactly n_trials COMPLETE, each number once, the same parameters and scores, nothing running, no process."""
    harness.disturbed(place, seed, kills=1)
    harness.check(place, expected)
