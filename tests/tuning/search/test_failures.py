"""What a search makes of trials that fail: they are told as pruned ones without a step."""

import importlib.util
import json
import math

import pytest
from optuna.trial import TrialState

from steps.tuning.search.search import Outcome, Search
from steps.tuning.space import file

CLIFF, OPTIMUM = 600, 590
SPACE = "width: {type: int, low: 16, high: 1024}\nlr: {type: float, low: 0.0001, high: 1, log: true}\n"
BRANCHES = "kind: {type: categorical, choices: [a, b]}\nwidth: {type: int, low: 16, high: 1024}\n" + (
    "lr: {type: float, low: 0.0001, high: 1, log: true, when: {kind: b}}\n"
)
GRID = "width: {type: int, low: 16, high: 1024, step: 16}\nlr: {type: int, low: 1, high: 4}\n"


def read(text):
    return file.read(text, "cliff.yaml").for_task("classification")


def failing_too_wide(params):
    """A script that runs out of memory above a width, and does best just below it."""
    if params["width"] > CLIFF:
        return Outcome(TrialState.FAIL, steps=((0, 9.0), (1, 9.0)))  # it had seemed to do well
    score = -(((params["width"] - OPTIMUM) / 100) ** 2) - (math.log10(params.get("lr", 0.01)) + 2) ** 2
    return Outcome(TrialState.COMPLETE, (score,), ((0, score - 1), (1, score)))


def asked(text=SPACE, *, sampler="tpe", seed=0, n_trials=60, window=4, objectives=1, pruner=None, recorded=(), **teach):
    """The parameters of a study's trials, and the steps at which those were pruned that were."""
    directions = ["maximize", "minimize"][:objectives]
    search = Search(
        read(text), sampler=sampler, seed=seed, window=window, directions=directions, pruner=pruner, steps=2, **teach
    )
    trials, pruned = [], {}
    for number in range(n_trials):
        _, params = search.ask(recorded[number] if number < len(recorded) else None)
        outcome = failing_too_wide(params)
        pruned_at = search.judge(number, outcome.steps)
        if pruned_at is not None:
            outcome = Outcome(TrialState.PRUNED, steps=outcome.steps[: pruned_at + 1])
            pruned[number] = pruned_at
        elif outcome.values and objectives == 2:
            outcome = Outcome(TrialState.COMPLETE, (*outcome.values, float(params["width"])))
        search.settle(number, outcome)
        trials.append(params)
    return trials, pruned


def failed(trials):
    return sum(params["width"] > CLIFF for params in trials)


@pytest.mark.parametrize("text", [SPACE, BRANCHES], ids=["flat", "conditional"])
def test_tpe_keeps_away_from_where_trials_fail(text):
    """At most 40 % fail of a cliff beside the optimum; told as failed, as Optuna would have it, more than a half do."""
    assert failed(asked(text)[0]) <= 24
    assert failed(asked(text, failures_teach=False)[0]) > 30


def test_of_two_objectives_too():
    """Optuna takes a pruned trial of a study of several objectives, as long as it has no step."""
    trials = [failed(asked(objectives=2, failures_teach=teach)[0]) for teach in (True, False)]
    assert trials[0] < trials[1]


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_study_in_which_all_fails_goes_on(objectives, monkeypatch):
    """TPE has no trial with a score to begin with, also behind its start at random."""
    monkeypatch.setattr(f"{__name__}.CLIFF", 0)
    assert len(asked(n_trials=20, objectives=objectives)[0]) == 20


@pytest.mark.parametrize(
    ("sampler", "text"), [("random", SPACE), ("qmc", BRANCHES), ("grid", GRID), ("cmaes", SPACE), ("gp", SPACE)]
)
def test_to_other_samplers_it_makes_no_difference(sampler, text):
    """They look at no trial, or at those with a score alone."""
    if sampler == "gp" and not importlib.util.find_spec("torch"):
        pytest.skip("no torch")
    teach, ignore = (asked(text, sampler=sampler, n_trials=30, failures_teach=each)[0] for each in (True, False))
    assert failed(teach) > 5
    assert teach == ignore


@pytest.mark.parametrize("pruner", ["median", "hyperband", "wilcoxon"])
def test_to_a_pruner_it_makes_no_difference(pruner):
    """No other trial is measured by one that failed; Hyperband's rungs have it as before."""
    teach, ignore = (asked(sampler="random", pruner=pruner, failures_teach=each) for each in (True, False))
    assert teach == ignore
    assert teach[1] or pruner == "wilcoxon"  # which needs more steps than two


def test_the_steps_of_a_failed_trial_don_t_count_for_it():
    """A trial that seemed to do well before it failed is as bad as any other: the draws don't depend on its steps."""
    trials, pruned = asked(pruner="wilcoxon")
    assert not pruned
    assert trials == asked()[0]


def test_a_study_with_failures_is_replayed():
    """With its trials on record, as JSON has them, those that come are the same."""
    whole, _ = asked(n_trials=50)
    on_record = json.loads(json.dumps(whole[:40]))
    assert asked(n_trials=50, recorded=on_record)[0] == whole
