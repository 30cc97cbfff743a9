"""When a study has seen enough, and what is best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.tuning.search.stopping import FAILURES, PATIENCE, TARGET, BestTrials, StopRules, is_better

UP, DOWN = ("maximize",), ("minimize",)


def judged(scores, *, directions=UP, patience=None, target=None):
    """Judge scores (None: a trial without one) until the end; return the trial that ends the study and why."""
    stop = StopRules(BestTrials(directions), patience, target)
    for number, score in enumerate(scores):
        if reason := stop.judge(number, () if score is None else (score,)):
            return number, reason
    return None


@pytest.mark.parametrize(
    ("scores", "rules", "ends"),
    [
        ([1, 2, 3, 4], {"patience": 2}, None),
        ([3, 2, 1, 4], {"patience": 2}, (2, PATIENCE)),
        ([3, 3, 3], {"patience": 2}, (2, PATIENCE)),
        ([3, None, None], {"patience": 2}, (2, PATIENCE)),
        ([None, None, 1], {"patience": 2}, (1, PATIENCE)),
        ([3, 2, 4, 1, 1], {"patience": 2}, (4, PATIENCE)),
        ([3, 2, 1], {"patience": 2, "directions": DOWN}, None),
        ([0.1, 0.5, 0.9], {"target": 0.5}, (1, TARGET)),
        ([0.1, 0.4], {"target": 0.5}, None),
        ([9, 5, 1], {"target": 5, "directions": DOWN}, (1, TARGET)),
        ([0.5], {"target": 0.5, "patience": 1}, (0, TARGET)),
    ],
)
def test_a_study_ends_with_the_trial_that_says_so(scores, rules, ends):
    """Patience counts every trial without an improvement, failed ones too; a target is met by reaching it."""
    assert judged(scores, **rules) == ends


@pytest.mark.parametrize(
    ("failed", "most", "ends"),
    [
        ([True, True, False, True, True], 3, None),
        ([False, True, True, True, False], 3, 3),
        ([True], 1, 0),
        ([True, True], None, None),
    ],
)
def test_failures_in_a_row_end_a_study(failed, most, ends):
    """As many as `max_failures` with no other trial between them, in the order of their numbers."""
    stop = StopRules(BestTrials(UP), max_failures=most)
    judged = [stop.judge(number, () if bad else (1.0,), failed=bad) for number, bad in enumerate(failed)]
    assert next((number for number, reason in enumerate(judged) if reason == FAILURES), None) == ends


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_the_front_is_what_no_trial_is_better_than(values):
    """With two objectives the best are the first trials of those values that none is better than."""
    directions = ("maximize", "minimize")
    best = BestTrials(directions)
    for number, pair in enumerate(values):
        best.add(number, pair)
    front = {
        values.index(pair): pair for pair in values if not any(is_better(other, pair, directions) for other in values)
    }
    assert best.trials == front


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_of_one_objective_the_first_of_the_best_is_the_best(scores):
    """The best value is the largest, and of equals the first trial has it."""
    best = BestTrials(UP)
    for number, score in enumerate(scores):
        best.add(number, (score,))
    assert best.trials == {scores.index(max(scores)): (max(scores),)}
    assert best.value == max(scores)
