"""A study that is killed at random moments and started again is the study that it would have been."""

from collections.abc import Callable

import pytest

from tests.chaos import harness
from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

SLOW = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=SLOW), pytest.param(3, marks=SLOW)])
def test_a_disturbed_study_ends_as_an_undisturbed_one(seed: int, new_place: Callable[..., Place], place: Place) -> None:
    """Exactly n_trials COMPLETE, each number once, the same parameters and scores, nothing running, no process."""
    expected = harness.undisturbed(new_place(), seed)
    harness.disturbed(place, seed, kills=1)
    harness.check(place, expected, seed)
