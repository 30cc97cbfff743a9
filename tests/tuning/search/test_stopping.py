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


WELL, BAD, PRUNED = "well", "exit code 1: ValueError: bad width 712", "pruned"
WORSE = "killed by SIGKILL (out of memory?)"


@pytest.mark.parametrize(
    ("ends", "most", "stopped"),
    [
        ([BAD] * 2, 3, None),
        ([BAD] * 3, 3, 2),
        ([BAD], 1, 0),
        ([BAD] * 99, None, None),
        ([BAD.replace("712", str(number)) for number in range(3)], 3, 2),
        ([BAD, BAD, WORSE, BAD, BAD, BAD], 3, 5),
        ([BAD, WORSE] * 20, 5, 19),
        ([PRUNED, *[BAD] * 20], 3, 11),
        ([WELL, *[BAD] * 4], 1, 4),
        ([WELL, *[BAD] * 30], 5, 19),
        ([WELL] * 20 + [BAD] * 30, 5, 20 + 15),
        ([WELL] * 5 + [WELL, BAD, BAD, BAD] * 20, 5, None),
        ([WELL] * 5 + [WELL, BAD, BAD, BAD, BAD] * 20, 5, 5 + 20 - 1),
        ([WELL, *[BAD] * 500], 1000, None),
    ],
)
def test_many_failures_end_a_study(ends, most, stopped):
    """At first so many of one kind in a row; once a trial has done otherwise, four fifths of the last 4 x as many."""
    stop = StopRules(BestTrials(UP), max_failures=most)
    values = {WELL: (1.0,)}
    judged = [
        stop.judge(number, values.get(end, ()), failed=end not in (WELL, PRUNED), reason=end)
        for number, end in enumerate(ends)
    ]
    assert next((number for number, reason in enumerate(judged) if reason == FAILURES), None) == stopped


def test_a_failed_try_ends_a_study_whatever_came_before():
    """Such as trials that were pruned, or failed of something else."""
    stop = StopRules(BestTrials(UP), max_failures=5)
    assert [stop.judge(0, ()), stop.judge(1, (), failed=True, reason=BAD)] == [None, None]
    stop.ends_at_failure = True
    assert [stop.judge(2, ()), stop.judge(3, (), failed=True, reason=WORSE)] == [None, FAILURES]


def test_it_says_which_failures_ended_it():
    """That decides what to do: the script is broken, or a region of the space fails."""
    row, share = (StopRules(BestTrials(UP), max_failures=2) for _ in range(2))
    assert [row.judge(n, (), failed=True, reason=BAD) for n in range(2)][-1] == FAILURES
    assert row.many_failed == "the last 2 trials failed of one kind of cause, and none before them did well"
    assert share.judge(0, (1.0,)) is None
    assert [share.judge(n, (), failed=True, reason=BAD) for n in range(1, 8)][-1] == FAILURES
    assert share.many_failed == "7 of the last 8 trials failed"


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
