"""The results of a study: trials are judged in the order of their numbers, and the end is explained."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from steps.errors import NoTrialFinished
from steps.tuning.search import stopping
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE
from steps.tuning.search.search import Outcome
from steps.tuning.search.stopping import BestTrials, StopRules
from steps.tuning.trials.results import Results
from steps.tuning.trials.trial import Job, TrialResult
from tests.waits import promised


def ended(number: int | None, value: float | tuple[float, ...] | None = None, reason: str = "why") -> TrialResult:
    """A trial that is COMPLETE with a value, or failed without one."""
    if value is None:
        return TrialResult(Job(number), f"run {number}", Outcome(TrialState.FAIL), reason, f"line of {number}")
    values = value if isinstance(value, tuple) else (value,)
    return TrialResult(Job(number), f"run {number}", Outcome(TrialState.COMPLETE, values))


def results(*directions: str, **rules: int | float) -> Results:
    return Results(StopRules(BestTrials(directions or (MAXIMIZE,)), **rules))  # type: ignore[arg-type]


def judge_all(judged: Results) -> None:
    while judged.judge_next():
        pass


@given(
    values=st.lists(st.sampled_from([None, 0.1, 0.2, 0.3]), min_size=1, max_size=9),
    seed=st.integers(0, 99),
    patience=st.sampled_from([None, 2]),
)
def test_the_order_of_ends_does_not_matter(values, seed, patience):
    """Judged as they come, in any order, trials give what they give one after another."""
    in_order, mixed = results(patience=patience), results(patience=patience)
    for number, value in enumerate(values):
        in_order.trials[number] = ended(number, value)
        judge_all(in_order)
    for number in random.Random(seed).sample(range(len(values)), len(values)):
        mixed.trials[number] = ended(number, values[number])
        judge_all(mixed)
    assert (mixed.stopped_by, mixed.judged, mixed.rules.best.trials) == (
        in_order.stopped_by,
        in_order.judged,
        in_order.rules.best.trials,
    )


def test_a_trial_waits_for_those_before_it():
    """Nothing is judged behind a gap, and one call judges one trial."""
    judged = results()
    judged.trials[1] = ended(1, 0.5)
    assert not judged.judge_next()
    judged.trials[0] = ended(0, 0.4)
    assert [judged.judge_next(), judged.judge_next(), judged.judge_next()] == [True, True, False]
    assert judged.rules.best.value == 0.5


def test_nothing_is_judged_behind_a_stop():
    """The trials behind it are removed and returned in their order."""
    judged = results(target=0.5)
    judged.trials |= {number: ended(number, value) for number, value in ((3, 0.9), (0, 0.1), (1, 0.5), (2, 0.8))}
    judge_all(judged)
    assert (judged.stopped_by, judged.judged) == (stopping.TARGET, 2)
    assert [trial.job.number for trial in judged.remove_unjudged()] == [2, 3]
    result = judged.study_result()
    assert (list(result.trials), list(result.best), result.stopped_by) == ([0, 1], [1], stopping.TARGET)
    assert judged.remove_unjudged() == []


def test_a_result_has_what_ended_behind_a_gap():
    """A timeout ended trial 1 while it ran: trial 2 had ended, and may be the best."""
    judged = results()
    judged.trials |= {2: ended(2, 0.9), 0: ended(0, 0.5)}
    judge_all(judged)
    judged.stopped_by = stopping.TIMEOUT
    result = judged.study_result()
    assert (list(result.trials), list(result.best)) == ([0, 2], [2])


def test_two_objectives_have_a_front():
    """Each of its trials is better than the others in one."""
    judged = results(MAXIMIZE, MINIMIZE)
    judged.trials |= {0: ended(0, (0.9, 9.0)), 1: ended(1, (0.8, 3.0)), 2: ended(2, (0.7, 5.0)), 3: ended(3)}
    judge_all(judged)
    judged.stopped_by = stopping.N_TRIALS
    assert list(judged.study_result().best) == [0, 1]


def test_a_front_has_none_that_breaks_a_constraint():
    """Though it is the best in both objectives."""
    judged = results(MAXIMIZE, MINIMIZE)
    judged.trials |= {0: ended(0, (0.9, 9.0)), 1: ended(1, (1.0, 1.0)), 2: ended(2, (0.8, 3.0))}
    judged.trials[1] = replace(judged.trials[1], outcome=replace(judged.trials[1].outcome, excess=(0.5,)))
    judge_all(judged)
    judged.stopped_by = stopping.N_TRIALS
    assert list(judged.study_result().best) == [0, 2]


def test_failures_that_end_a_study_are_explained():
    """By the commonest reason, the first run that failed so, and the last lines of its output."""
    judged = results(max_failures=1)
    reasons = ["bad", "worse", "worse", "worse"]
    judged.trials |= {0: ended(0, 0.5), **{n: ended(n, None, reason) for n, reason in enumerate(reasons, start=1)}}
    judge_all(judged)
    result = judged.study_result()
    assert result.stopped_by == stopping.FAILURES
    assert result.why_failed == ("4 of the last 4 trials failed; 3 of all 4 failures: worse (run run 2)\n    line of 2")


def test_other_ends_need_no_explanation():
    """One failed trial of a study that went on is none."""
    judged = results()
    judged.trials |= {0: ended(0, 0.5), 1: ended(1)}
    judge_all(judged)
    judged.stopped_by = stopping.N_TRIALS
    assert judged.study_result().why_failed == ""


@pytest.mark.parametrize(("goes_on", "seconds"), [(True, 9.0), (False, 6.0)])
def test_the_time_of_a_trial_is_that_of_all_its_rungs_if_each_goes_on(goes_on, seconds):
    """From its checkpoint: the champion begins anew, and takes as long as all of them."""
    judged = results()
    judged.goes_on = goes_on
    parts = {0: (7, 1.0), 1: (8, 1.0), 2: (7, 2.0), 3: (7, 6.0)}
    for place, (number, took) in parts.items():
        outcome = Outcome(TrialState.COMPLETE, (0.5,)) if place == 3 else Outcome(TrialState.PRUNED, (), ((1, 0.5),))
        judged.trials[place] = TrialResult(Job(number), f"run {place}", outcome, seconds=took)
    judge_all(judged)
    assert judged.seconds_of_best() == seconds


NONE_FINISHED = {
    "failed": ([None, None], stopping.N_TRIALS, "none of 2 trials finished; 2 of them: why (run run 0)\n    line of 0"),
    "nothing ended": ([], stopping.TIMEOUT, "no trial finished: stopped by timeout"),
}


@pytest.mark.parametrize(("values", "stopped_by", "text"), NONE_FINISHED.values(), ids=NONE_FINISHED)
def test_a_study_without_a_score_raises(values, stopped_by, text):
    """And says what the trials died of, or that none had ended."""
    judged = results()
    judged.trials |= {number: ended(number, value) for number, value in enumerate(values)}
    judged.stopped_by = stopped_by
    with pytest.raises(NoTrialFinished) as caught:
        judged.study_result()
    assert str(caught.value) == text


def test_a_study_that_a_signal_ended_may_have_no_score():
    """Whoever interrupts it knows why."""
    judged = results()
    judged.stopped_by = stopping.SIGNAL
    assert judged.study_result().best == {}


def refused(number: int) -> TrialResult:
    """A trial whose script did not take its arguments."""
    return replace(ended(number, None, "exit code 2"), refusal="'fit.py' takes no --lrr")


def test_a_refused_argument_ends_the_study_at_once():
    """The first trial is enough: the sentence says what was refused, and where to look."""
    judged = results(max_failures=5)
    judged.trials[0] = refused(0)
    judge_all(judged)
    assert judged.stopped_by == stopping.REFUSED
    with pytest.raises(NoTrialFinished) as caught:
        judged.study_result()
    first, second = str(caught.value).splitlines()
    assert first == "'fit.py' takes no --lrr: every trial would fail; correct --space, or the script"
    assert second == "    trial 0, run run 0: exit code 2"


def test_an_objective_that_the_first_trial_did_not_log_ends_the_study_at_once():
    """With the metrics that there are: every other trial would log the same."""
    judged = results(max_failures=5)
    reason = "ended well, but logged no loss; it logged accuracy"
    judged.trials[0] = replace(ended(0, None, reason), refusal=reason)
    judge_all(judged)
    with pytest.raises(NoTrialFinished, match=f"^{reason}: every trial would fail; give another --objective, or"):
        judged.study_result()


WORKED = {
    "below the top rung": Outcome(TrialState.PRUNED, (), ((1, 0.5),)),
    "breaks a constraint": Outcome(TrialState.COMPLETE, (0.5,), excess=(1.0,)),
}


@pytest.mark.parametrize("outcome", WORKED.values(), ids=WORKED)
def test_the_script_works_once_a_trial_has_ended_otherwise_than_failed(outcome):
    """That trial need not count as one of the best: what a later one refuses is a failure like others."""
    judged = results()
    judged.trials |= {0: TrialResult(Job(0), "run 0", outcome), 1: refused(1), 2: ended(2, 0.6)}
    judge_all(judged)
    assert (judged.judged, judged.stopped_by) == (3, None)


def test_after_a_trial_that_did_well_a_refused_argument_is_a_failure_like_others():
    """A branch of the space may have it, and other trials not."""
    judged = results(max_failures=1)
    judged.trials |= {0: ended(0, 0.5), 1: refused(1), 2: ended(2, 0.6), 3: refused(3)}
    judge_all(judged)
    assert (judged.judged, judged.stopped_by) == (4, None)


@pytest.mark.parametrize("goes_on", [True, False])
def test_the_best_of_ten_thousand_trials_is_at_hand(goes_on):
    """It is asked for at each launch: a study of 10,000 trials must not go through all of them 10,000 times."""
    judged = results()
    judged.goes_on = goes_on
    judged.trials |= {number: ended(number, 0.5) for number in range(10_000)}
    judge_all(judged)
    with promised(1):
        for _ in range(10_000):
            judged.seconds_of_best()
