"""Successive halving with promotion: which configuration is evaluated next, and with how much of its budget."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.errors import WrongValue
from steps.tuning.search import promotion
from steps.tuning.search.promotion import Evaluation, Fidelity, Ladder

BUDGETS = [
    ("epochs:1..81:3", [1, 3, 9, 27, 81]),
    ("epochs:1..80:3", [1, 3, 9, 80]),
    ("rows:100..1000:3", [100, 300, 1000]),
    ("trees:10..1000:10", [10, 100, 1000]),
    ("max-iter:1..2:2", [1, 2]),
    ("n:5..6:4", [5, 6]),
]


@pytest.mark.parametrize(("text", "budgets"), BUDGETS)
def test_the_budgets_of_the_rungs(text, budgets):
    """Each is factor times the one below; the top has the most, so the last step may be a larger one."""
    fidelity = promotion.read(text)
    assert fidelity.name == text.partition(":")[0]
    assert fidelity.budgets == budgets


@pytest.mark.parametrize("text", ["epochs", "e:0..9:3", "e:9..9:3", "e:9..1:3", "e:1..9:1", "e:1..9", "e:1.5..9:3", ""])
def test_what_is_no_fidelity_is_refused(text):
    """In one sentence, with the form."""
    with pytest.raises(WrongValue, match=r"must be name:min\.\.max:factor, such as epochs:1\.\.81:3") as caught:
        promotion.read(text)
    assert len(caught.value.problems) == 1


Score = Callable[[Evaluation], float | None]


def run(score: Score, *, jobs: int, order: int, rungs: int = 4, sign: int = 1, window: int = 4, n: int = 30) -> Ladder:
    """Run all evaluations, `jobs` at a time, which end in any order."""
    ladder, draw = Ladder(rungs, 3, sign, window, n), random.Random(order)
    running: list[int] = []
    while True:
        while len(running) < jobs and ladder.next() is not None:
            running.append(len(ladder.evaluations))
            ladder.take()
        if not running:
            assert ladder.is_finished
            return ladder
        place = running.pop(draw.randrange(len(running)))
        ladder.settle(place, score(ladder.evaluations[place]))


def noisy(seed: int, failing: float = 0.0) -> Score:
    """Scores that follow from configuration and rung, some of which are failures."""

    def score(evaluation: Evaluation) -> float | None:
        draw = random.Random(repr((seed, evaluation.number, evaluation.rung)))
        return None if draw.random() < failing else round(draw.random(), 1)

    return score


@given(
    seed=st.integers(0, 999),
    window=st.integers(1, 9),
    sign=st.sampled_from([1, -1]),
    failing=st.sampled_from([0, 0.3]),
    n=st.integers(1, 40),
)
def test_the_same_evaluations_whatever_ends_first(seed, window, sign, failing, n):
    """Of any number of jobs, in any order."""
    how = {"sign": sign, "window": window, "n": n}
    runs = [run(noisy(seed, failing), jobs=jobs, order=order, **how) for jobs, order in ((1, 0), (2, 1), (16, 2))]
    assert runs[0].evaluations == runs[1].evaluations == runs[2].evaluations
    of_the_first_rung = [evaluation.number for evaluation in runs[0].evaluations if evaluation.rung == 0]
    assert of_the_first_rung == list(range(n))
    places = {(evaluation.number, evaluation.rung): place for place, evaluation in enumerate(runs[0].evaluations)}
    assert len(places) == len(runs[0].evaluations), "none is made twice"
    for (number, rung), place in places.items():
        below = runs[0].evaluations[place].below
        assert below == (places[number, rung - 1] if rung else None)
        assert below is None or below <= place - (window if place < last_new(runs[0]) else 1)


def last_new(ladder: Ladder) -> int:
    """The place at which the last configuration was asked for: only promotions come behind it."""
    return max(place for place, evaluation in enumerate(ladder.evaluations) if evaluation.rung == 0)


@given(seed=st.integers(0, 999), cut=st.integers(0, 40), window=st.integers(1, 6))
def test_what_is_chosen_depends_on_what_is_known_alone(seed, cut, window):
    """Whatever the results from some evaluation on are: it changes no choice until one of them is known."""
    score = noisy(seed)
    one = run(score, jobs=4, order=seed, window=window)
    first = set(one.evaluations[:cut])
    other = run(lambda each: score(each) if each in first else 0.0, jobs=4, order=0, window=window)
    same = min(cut + window, last_new(one), last_new(other))
    assert other.evaluations[:same] == one.evaluations[:same]


def test_the_best_third_of_each_rung_is_promoted_and_the_best_of_all_reaches_the_top():
    """81 configurations whose scores say how good they are: 27 are promoted, then 9, 3, 1."""
    ladder = run(lambda each: float(each.number * 37 % 81), jobs=1, order=0, rungs=5, window=1, n=81)
    counts = [sum(each.rung == rung for each in ladder.evaluations) for rung in range(5)]
    assert counts[0] == 81
    assert counts[1:] >= [27, 9, 3, 1]  # more where a rank has changed since
    best = next(number for number in range(81) if number * 37 % 81 == 80)
    assert Evaluation(best, 4) in [Evaluation(each.number, each.rung) for each in ladder.evaluations]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_small_study_has_one_at_the_top_too(n):
    """The best of the highest rung goes on, though it is no third of anything."""
    ladder = run(lambda each: float(each.number), jobs=2, order=0, rungs=5, n=n)
    assert [each.number for each in ladder.evaluations if each.rung == 4] == [n - 1]


def test_a_failure_is_not_promoted_and_the_next_takes_its_place():
    """Nor do failures count among those of which a third is promoted."""
    ladder = run(lambda each: None if each.rung == 1 or each.number < 5 else 1.0, jobs=1, order=0, n=8, rungs=3)
    assert [(each.number, each.rung) for each in ladder.evaluations if each.rung] == [(5, 1), (6, 1), (7, 1)]
    assert ladder.is_finished
    assert ladder.failed == {0, 1, 2, 3, 4, 5, 6, 7}


def test_equals_are_promoted_by_their_numbers():
    """So nothing depends on which came first."""
    ladder = run(lambda _: 0.5, jobs=1, order=0, n=9, rungs=2, window=1)
    assert [each.number for each in ladder.evaluations if each.rung] == [0, 1, 2]


def test_of_two_promotions_the_one_to_the_higher_rung_is_first():
    """What is furthest is finished first."""
    ladder = run(lambda each: float(each.number), jobs=1, order=0, n=27, rungs=3, window=1)
    rungs = [each.rung for each in ladder.evaluations]
    assert rungs.index(2) < len(rungs) - 1 - rungs[::-1].index(0)


def test_a_fidelity_says_what_it_is():
    """Its parts by name."""
    assert promotion.read("epochs:1..81:3") == Fidelity("epochs", 1, 81, 3)
