"""A trial on a rung: what its runs are told, and how they end."""

from optuna.trial import TrialState

from steps.tuning.search.search import Outcome
from steps.tuning.trials import run_name, rung
from steps.tuning.trials.trial import Job, Rung, TrialResult

STEPS = ((1, 0.5), (3, 0.7))


def job(number: int, place: int, budget: int, steps: tuple[tuple[int, float], ...] = ()) -> Job:
    below = "below" if steps else ""
    return Job(number, None, {"epochs": budget}, rung=Rung(place, "epochs", budget, budget == 9, below, steps))


def test_what_did_its_work_is_complete_at_the_top_alone():
    """Below it is PRUNED, with the scores so far as steps; without rungs every trial is COMPLETE."""
    assert rung.outcome(Job(7), (0.9,), [(0, 0.1)]) == Outcome(TrialState.COMPLETE, (0.9,), ((0, 0.1),))
    assert rung.outcome(job(7, 5, 3, STEPS[:1]), (0.7,), ()) == Outcome(TrialState.PRUNED, (), STEPS)
    assert rung.outcome(job(7, 9, 9, STEPS), (0.9,), ()) == Outcome(TrialState.COMPLETE, (0.9,), (*STEPS, (9, 0.9)))


def test_the_runs_of_a_trial_are_named_and_tagged_by_their_budgets():
    """The first names no run below it."""
    assert run_name.of(job(7, 5, 3), 3, several=False) == "trial 007 · epochs 3"
    assert job(7, 0, 1).rung.tags == {"tuning.evaluation": "0", "tuning.budget": "1"}  # type: ignore[union-attr]
    assert job(7, 5, 3, STEPS[:1]).rung.tags == {  # type: ignore[union-attr]
        "tuning.evaluation": "5", "tuning.budget": "3", "tuning.promoted_from": "below",
    }  # fmt: skip
    assert [each.is_promoted for each in (Job(7), job(7, 0, 1), job(7, 5, 3, STEPS[:1]))] == [False, False, True]
    assert [each.place for each in (Job(None), Job(7), job(7, 5, 3))] == [-1, 7, 5]


def test_of_a_trial_its_last_evaluation_counts():
    """By the trials' numbers, in order."""
    results = {
        place: TrialResult(job(number, place, budget), f"run {place}", Outcome(TrialState.PRUNED, (), ((budget, 0.5),)))
        for place, number, budget in ((0, 0, 1), (1, 1, 1), (2, 0, 3))
    }
    assert {number: result.run_id for number, result in rung.by_trial(results).items()} == {0: "run 2", 1: "run 1"}


def test_the_furthest_is_the_best_of_the_highest_rung():
    """Failures don't count, nor what scored better with less."""
    ends = [(0, 1, 1, 0.1), (1, 0, 3, 0.8), (2, 2, 3, 0.7)]
    results = {
        place: TrialResult(job(number, place, budget), "", Outcome(TrialState.PRUNED, (), ((budget, score),)))
        for place, number, budget, score in ends
    }
    results[3] = TrialResult(job(3, 3, 9, STEPS), "", Outcome(TrialState.FAIL, (), STEPS))
    assert [(number, each.value) for number, each in rung.furthest(results, 1).items()] == [(0, 0.8)]
    assert [(number, each.value) for number, each in rung.furthest(results, -1).items()] == [(2, 0.7)]
    assert rung.furthest({}, 1) == {}


def test_what_failed_on_a_higher_rung_is_not_the_furthest():
    """The report goes by the last run of each trial, and so does this."""
    results = {
        place: TrialResult(job(number, place, 3), "", Outcome(TrialState.PRUNED, (), ((3, score),)))
        for place, number, score in ((0, 5, 0.9), (1, 2, 0.8), (2, 1, 0.8))
    }
    results[3] = TrialResult(job(5, 3, 9, STEPS), "", Outcome(TrialState.FAIL, (), STEPS))
    assert [(number, each.value) for number, each in rung.furthest(results, 1).items()] == [(1, 0.8)]
