"""How much of a study's time trials have, and how much is kept for what follows them."""

import math
from types import SimpleNamespace

import pytest

from steps.tuning import study_time
from steps.tuning.study_time import StudyTime


@pytest.fixture
def at(monkeypatch):
    """Make the time of a study that began at 100, with its first trial after some seconds; then move the clock."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(study_time, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def make(timeout_s, ready_s, spent_s):
        clock.now = 100.0
        time = StudyTime(timeout_s, clock.now)
        clock.now += ready_s
        time.start_trials()
        clock.now = 100.0 + spent_s
        return time

    return make


def test_without_a_limit_there_is_all_the_time_of_the_world(at):
    """Importances have ten seconds, or a tenth of what the study took."""
    time = at(None, 5, 50)
    assert time.left_for_first() == time.left_for_trials(100, 100) == math.inf
    assert (time.for_importances(), at(None, 5, 400).for_importances()) == (10, 40)


@pytest.mark.parametrize(
    ("ready_s", "spent_s", "refit_s", "report_s", "left"),
    [
        (5, 20, 0, 0, 60 - 3 - 20),  # at least 3 s are kept
        (10, 20, 0, 0, 60 - 6 - 20),  # or 0.6 of what came before the trials
        (10, 20, 8, 0, 60 - 14 - 20),  # and what the champion's fits are expected to take
        (10, 20, 8, 9, 60 - 17 - 20),  # and what an earlier report took, if that is more
        (10, 20, 500, 0, 60 - 36 - 20),  # but no more than 0.6 of it all
        (10, 59, 0, 0, 60 - 6 - 59),
    ],
)
def test_what_follows_the_trials_has_its_part(at, ready_s, spent_s, refit_s, report_s, left):
    """Of sixty seconds."""
    assert at(60, ready_s, spent_s).left_for_trials(refit_s, report_s) == pytest.approx(left)


def test_a_study_without_champion_and_report_keeps_nothing(at):
    """Its trials have all of it."""
    time = at(60, 10, 20)
    time.part = 0
    assert time.left_for_trials(0, 0) == 40


@pytest.mark.parametrize(("ready_s", "left"), [(5, 40), (30, 40), (50, 60), (90, 100)])
def test_however_long_a_start_took_a_first_trial_has_its_time(at, ready_s, left):
    """All of the time, and at least half as long as all of it."""
    assert at(60, ready_s, 20).left_for_first() == left


@pytest.mark.parametrize(("spent_s", "seconds"), [(20, 10), (52, 5), (57, 0), (80, 0)])
def test_importances_never_go_beyond_the_end(at, spent_s, seconds):
    """They have what is left but for the end itself."""
    assert at(60, 5, spent_s).for_importances() == seconds
