"""Pruners, asked so that what they say does not depend on timing."""

import random

import optuna
import pytest
from optuna.pruners import HyperbandPruner
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from steps.tuning.search import pruning
from steps.tuning.search.search import Outcome, Search
from steps.tuning.space.file import read

SPACE = read("x: {type: float, low: 0, high: 1}\n", "test.yaml").for_task("classification")
EPOCHS = 9


def losses(params):
    """What a trial would log: it nears a plateau that depends on its parameter."""
    return [(step, abs(params["x"] - 0.3) + 1 / (step + 1)) for step in range(EPOCHS)]


def study(pruner, *, workers, shuffle, n=30, window=4, sampler="tpe"):
    """Run a study in which trials end in an order of chance; return what each tried and where it was pruned."""
    search = Search(SPACE, sampler=sampler, seed=7, window=window, directions=["minimize"], pruner=pruner, steps=EPOCHS)
    chance = random.Random(shuffle)
    running: dict[int, tuple[dict[str, float], int]] = {}
    ended: dict[int, tuple[dict[str, float], int | None]] = {}
    while len(ended) < n:
        while search.asked < n and len(running) < workers and search.can_ask():
            number, params = search.ask()
            running[number] = (params, 0)
        number = chance.choice(sorted(running))
        params, seen = running[number]
        seen = min(EPOCHS, seen + chance.randint(1, 4))  # a look may find several new steps at once
        steps = losses(params)
        pruned_at = search.judge(number, steps[:seen])
        running[number] = (params, seen)
        if pruned_at is None and seen < EPOCHS:
            continue
        del running[number]
        if pruned_at is None:
            search.settle(number, Outcome(TrialState.COMPLETE, (steps[-1][1],), tuple(steps)))
        else:
            search.settle(number, Outcome(TrialState.PRUNED, (), tuple(steps[: pruned_at + 1])))
        ended[number] = (params, pruned_at)
    return dict(sorted(ended.items()))


@pytest.mark.e2e
@pytest.mark.parametrize("pruner", ["median", "hyperband", "wilcoxon", "percentile:60", "halving:min=1,factor=2"])
def test_what_is_pruned_does_not_depend_on_timing(pruner):
    """Whoever ends first, however many steps a look finds: the same trials, pruned at the same steps; and some are."""
    expected = study(pruner, workers=1, shuffle=0)
    for workers, shuffle in ((2, 1), (4, 2), (4, 3)):
        assert study(pruner, workers=workers, shuffle=shuffle) == expected
    assert any(pruned_at is not None for _, pruned_at in expected.values())
    assert sum(pruned_at is None for _, pruned_at in expected.values()) > 3


def optunas_own(trials):
    """Where Optuna's own Hyperband prunes trials of these parameters that run one after the other."""
    pruner = HyperbandPruner(max_resource=EPOCHS)
    study = optuna.create_study(study_name=pruning.STUDY_NAME, sampler=RandomSampler(), pruner=pruner)
    pruned = {}
    for number, (params, _) in trials.items():
        study.enqueue_trial(params)
        trial = study.ask(fixed_distributions=dict(SPACE.distributions))
        pruned_at = None
        for step, value in losses(params):
            trial.report(value, step)
            if trial.should_prune():
                pruned_at = step
                break
        state = TrialState.COMPLETE if pruned_at is None else TrialState.PRUNED
        study.tell(trial, value if pruned_at is None else None, state=state)
        pruned[number] = (params, pruned_at)
    return pruned


def test_hyperband_prunes_as_optunas_own_does():
    """One trial after the other, Hyperband prunes what it prunes in a study of Optuna's own, at the same steps."""
    trials = study("hyperband", workers=1, shuffle=0, window=1, sampler="random")
    assert trials == optunas_own(trials)
    assert sum(pruned_at is not None for _, pruned_at in trials.values()) == 19


@pytest.mark.parametrize("window", [2, 4, 7])
def test_hyperband_prunes_by_the_rungs_that_told_trials_reached(window, monkeypatch):
    """At each window the order in which trials end changes nothing; without the rungs of others, the study differs."""
    expected = study("hyperband", workers=1, shuffle=0, window=window, sampler="random")
    for workers, shuffle in ((2, 1), (4, 2), (7, 3)):
        assert study("hyperband", workers=workers, shuffle=shuffle, window=window, sampler="random") == expected
    monkeypatch.setattr(pruning.Judge, "notes", lambda _: {})
    assert study("hyperband", workers=1, shuffle=0, window=window, sampler="random") != expected


def test_without_a_pruner_nothing_is_pruned():
    """Without a pruner nothing is judged."""
    assert all(pruned_at is None for _, pruned_at in study(None, workers=2, shuffle=1).values())


def test_folds_are_shown_as_the_mean_so_far():
    """At each fold the value is what the objective would be if it were the last."""
    assert pruning.running_means([(0, 1.0), (1, 0.0), (2, 0.5)]) == [(0, 1.0), (1, 0.5), (2, 0.5)]
    assert pruning.as_logged([(0, 1.0), (1, 0.0)]) == [(0, 1.0), (1, 0.0)]
