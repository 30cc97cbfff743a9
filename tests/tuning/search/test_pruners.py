"""Optuna's pruners with the settings that a study gives them, asked in a search."""

import pytest
from optuna.pruners import NopPruner
from optuna.trial import TrialState, create_trial

from steps.tuning.search import pruners
from steps.tuning.search.search import Outcome, Search
from steps.tuning.space.file import read

SPACE = read("x: {type: float, low: 0, high: 1}\n", "test.yaml").for_task("classification")
# The scores of a good trial and of a bad one over 9 steps; the bad one is bad from its first step on,
# and gets worse.
GOOD, BAD = [0.5 + 0.05 * step for step in range(9)], [0.1 - 0.001 * step for step in range(9)]


def steps_of(values, numbers=range(1_000)):
    return tuple(zip(numbers, values, strict=False))


def pruned_at(pruner, *, before=6, bad=BAD, good=GOOD, numbers=range(1_000), steps=None):
    """After some good trials, at which step a bad one is pruned; None: it is not."""
    search = Search(SPACE, sampler="random", seed=1, window=1, pruner=pruner, steps=steps)
    for _ in range(before):
        number, _ = search.ask()
        trial = steps_of(good, numbers)
        assert search.judge(number, trial) is None
        search.settle(number, Outcome(TrialState.COMPLETE, (good[-1],), trial))
    number, _ = search.ask()
    return search.judge(number, steps_of(bad, numbers))


@pytest.mark.parametrize(
    ("pruner", "step"),
    [
        (None, None),
        ("median", 3),
        ("median:warmup=0", 0),
        ("median:warmup=5", 5),
        ("median:warmup=0,startup=7", None),
        ("median:startup=6", 3),
        ("median:warmup=1,interval=4", 1),
        ("percentile:25", 3),
        ("percentile:keep=99,warmup=2", 2),
        ("patient:4", 5),
        ("patient:2 median:warmup=0", 3),
        ("patient:1 threshold:lower=0.2", 2),
        ("hyperband:min=1,max=9", 3),  # its number puts the trial into the second bracket
        ("hyperband:min=1,max=2", 1),
        ("hyperband:min=30,max=90", None),
        ("halving:min=2", 2),
        ("halving:min=2,factor=3,min_early_stopping_rate=1", 6),
        ("wilcoxon", 3),
        ("wilcoxon:p=0.01", 6),
        ("wilcoxon:startup=6", 5),
        ("threshold:lower=0.2", 0),
        ("threshold:lower=0.2,warmup=4", 4),
        ("threshold:upper=0.2", None),
    ],
)
def test_a_bad_trial_is_pruned_as_the_settings_say(pruner, step):
    """At the step that they name, after the trials that they wait for."""
    good = [0.19] * 9 if pruner == "threshold:upper=0.2" else GOOD
    assert pruned_at(pruner, good=good) == step


def test_a_trial_that_gets_better_is_not_pruned_by_patience():
    """Whatever others reached: patience alone looks at the trial itself, and around another pruner it may forbid."""
    better = [0.1 + 0.01 * step for step in range(9)]
    for pruner in ("patient:2", "patient:2 median:warmup=0"):
        assert pruned_at(pruner, bad=better) is None
    assert pruned_at("median:warmup=0", bad=better) == 0
    assert pruned_at("patient:2", bad=[0.1] * 9) is None  # as good as before is no worse


@pytest.mark.parametrize("pruner", ["median", "percentile:50"])
@pytest.mark.parametrize(
    ("numbers", "length", "step"),
    [
        (range(9), 9, 3),
        (range(1, 10), 9, 4),
        (range(100, 1000, 100), 9, 400),
        (range(0, 900, 100), 9, 300),
        (range(3), 3, 1),
        (range(2), 2, 0),
        (range(1), 1, None),
    ],
)
def test_by_default_a_third_of_the_steps_is_waited_for(pruner, numbers, length, step):
    """However they count; a trial of one step is never pruned, since it has its score by then."""
    assert pruned_at(pruner, bad=BAD[:length], good=GOOD[:length], numbers=numbers) == step


@pytest.mark.parametrize(("folds", "step"), [(1, None), (2, 0), (3, 1), (5, 1), (9, 3)])
def test_of_folds_a_third_is_known_beforehand(folds, step):
    """So the first trials decide nothing of it, such as of a study that knows trials of other folds from its start."""
    assert pruned_at("median", bad=BAD[:folds], good=GOOD[:folds], steps=folds) == step


def test_by_default_five_trials_are_waited_for():
    """Fewer say too little of what is bad."""
    assert [pruned_at("median", before=count) for count in (4, 5)] == [None, 3]


def test_a_third_is_that_of_the_longest_trial_that_was_told():
    """Trials that were pruned, or stopped early, have fewer steps; those that failed are told without any."""
    trials = [
        create_trial(state=TrialState.PRUNED, intermediate_values=dict(steps_of(GOOD[:length]))) for length in (2, 9, 4)
    ]
    assert pruners.after_a_third(None, trials) == 3
    assert pruners.after_a_third(None, trials[::2]) == 1
    assert pruners.after_a_third(None, []) > 1_000_000
    assert pruners.after_a_third(12, trials) == 4


def test_without_a_pruner_nothing_is_pruned():
    """None is Optuna's pruner that never does."""
    assert isinstance(pruners.make(None, None), NopPruner)
