"""Why a study has ended, in words."""

import pytest

from steps.tuning.report import study_end
from steps.tuning.search import stopping
from tests.tuning import fakes

ENDS = [
    (stopping.N_TRIALS, 50, "All of its 50 trials have ended"),
    (stopping.EXHAUSTED, 12, "Every point of the search space was tried, in 12 trials"),
    (
        stopping.PATIENCE,
        12,
        "It ended after 12 of 50 trials, since 5 trials in a row brought no improvement (patience)",
    ),
    (stopping.TARGET, 1, "It reached its target of 0.5 after 1 of 50 trials"),
    (stopping.TIMEOUT, 12, "Its time of 1 min 30 s (timeout_s) was up after 12 of 50 trials"),
    (stopping.FAILURES, 5, "It ended after 5 of 50 trials, since too many failed (max_failures)"),
    (stopping.REFUSED, 1, "It ended after 1 of 50 trials, since every other would have failed alike"),
    (stopping.SIGNAL, 12, "It was interrupted after 12 of 50 trials"),
    (None, 12, "It was still running when this was written, after 12 of 50 trials"),
    ("something later", 50, "It was stopped by something later after 50 trials"),
]


@pytest.mark.parametrize(("stopped_by", "trials", "words"), ENDS)
def test_why_a_study_ended_is_said_in_words(stopped_by, trials, words):
    """By which of its settings, after how many trials of how many."""
    made = fakes.plan(n_trials=50, patience=5, target_value=0.5, timeout_s=90.0)
    assert study_end.why(made, stopped_by, trials) == words
