"""Pruners, asked so that what they say does not depend on timing."""

import random

import pytest
from optuna.trial import TrialState

from steps.tuning.search import pruning
from steps.tuning.search.search import Outcome, Search
from steps.tuning.space.file import read

SPACE = read("x: {type: float, low: 0, high: 1}\n", "test.yaml").for_task("classification")
EPOCHS = 9


def losses(params):
    """What a trial would log: it nears a plateau that depends on its parameter."""
    return [(step, abs(params["x"] - 0.3) + 1 / (step + 1)) for step in range(EPOCHS)]


def study(pruner, *, workers, shuffle, n=30, window=4):
    """Run a study in which trials end in an order of chance; return what each tried and where it was pruned."""
    search = Search(SPACE, sampler="tpe", seed=7, window=window, directions=["minimize"], pruner=pruner, steps=EPOCHS)
    chance = random.Random(shuffle)
    running: dict[int, tuple[dict[str, float], int]] = {}
    found: dict[int, tuple[dict[str, float], int | None]] = {}
    while len(found) < n:
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
        found[number] = (params, pruned_at)
    return dict(sorted(found.items()))


@pytest.mark.e2e
@pytest.mark.parametrize("pruner", ["median", "hyperband", "wilcoxon"])
def test_what_is_pruned_does_not_depend_on_timing(pruner):
    """Whoever ends first, however many steps a look finds: the same trials, pruned at the same steps; and some are."""
    expected = study(pruner, workers=1, shuffle=0)
    for workers, shuffle in ((2, 1), (4, 2), (4, 3)):
        assert study(pruner, workers=workers, shuffle=shuffle) == expected
    assert any(pruned_at is not None for _, pruned_at in expected.values())
    assert sum(pruned_at is None for _, pruned_at in expected.values()) > 3


def test_without_a_pruner_nothing_is_pruned():
    """Without a pruner nothing is judged."""
    assert all(pruned_at is None for _, pruned_at in study(None, workers=2, shuffle=1).values())


def test_folds_are_shown_as_the_mean_so_far():
    """At each fold the value is what the objective would be if it were the last."""
    assert pruning.running_means([(0, 1.0), (1, 0.0), (2, 0.5)]) == [(0, 1.0), (1, 0.5), (2, 0.5)]
    assert pruning.as_logged([(0, 1.0), (1, 0.0)]) == [(0, 1.0), (1, 0.0)]
