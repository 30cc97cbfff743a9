"""A search whose trials are promoted: what Optuna's samplers are told, and what comes of it."""

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.tuning.search import halving_search, promotion
from steps.tuning.search.halving_search import HalvingSearch
from steps.tuning.search.promotion import Evaluation
from steps.tuning.search.search import Outcome
from tests.tuning import fakes

FIDELITY = promotion.read("epochs:1..9:3")
CONDITIONAL = """
kind: {type: categorical, choices: [a, b]}
x: {type: float, low: 0, high: 1, when: {kind: a}}
y: {type: int, low: 0, high: 9}
"""
Asked = tuple[Evaluation, dict[str, Any]]


def make(text: str = fakes.NUMBERS, *, n_trials: int = 20, sampler: str = "tpe", window: int = 4) -> HalvingSearch:
    return HalvingSearch(
        fakes.space(text), sampler=sampler, seed=7, window=window, direction="minimize", n_trials=n_trials,
        fidelity=FIDELITY,
    )  # fmt: skip


def outcome(evaluation: Evaluation, params: dict[str, Any]) -> Outcome:
    """How an evaluation ends, by its parameters and its budget; some fail."""
    if (7 * evaluation.number + evaluation.rung) % 11 == 3:
        return Outcome(TrialState.FAIL)
    value = sum(number**2 for number in params.values() if isinstance(number, float)) + 1 / (1 + evaluation.rung)
    steps = tuple((budget, value) for budget in FIDELITY.budgets[: evaluation.rung + 1])
    is_top = evaluation.rung == 2
    return Outcome(TrialState.COMPLETE, (value,), steps) if is_top else Outcome(TrialState.PRUNED, (), steps)


def run(search: HalvingSearch, *, jobs: int, order: int, recorded: list[Asked] | None = None) -> list[Asked]:
    """Run all evaluations, whose ends come in any order; those on record are recalled in theirs."""
    asked: list[Asked] = []
    running: list[int] = []
    draw = random.Random(order)
    while True:
        while len(running) < jobs and search.can_ask():
            place = search.asked
            known = recorded[place][1] if recorded is not None and place < len(recorded) else None
            _, params = search.ask(known)
            asked.append((search.evaluation, params))
            running.append(place)
        if not running:
            assert search.exhausted
            return asked
        place = running.pop(draw.randrange(len(running)))
        search.settle(place, outcome(*asked[place]))


@pytest.mark.parametrize("sampler", halving_search.SAMPLERS)
@pytest.mark.parametrize("text", [fakes.NUMBERS, CONDITIONAL])
def test_the_same_study_whatever_runs_at_a_time(sampler, text):
    """And whatever ends first."""
    if sampler == "grid":
        text = "x: {type: float, low: 0, high: 1, step: 0.25}\ny: {type: int, low: 0, high: 3}\n"
    assert run(make(text, sampler=sampler), jobs=1, order=0) == run(make(text, sampler=sampler), jobs=8, order=3)


@pytest.fixture(scope="module")
def usual() -> list[Asked]:
    """What a study asks that nothing disturbs."""
    return run(make(n_trials=40), jobs=4, order=1)


@settings(max_examples=10)
@given(share=st.floats(0, 1))
def test_a_study_is_replayed_after_any_of_its_evaluations(usual, share):
    """The rest is as it would have been."""
    again = run(make(n_trials=40), jobs=4, order=2, recorded=usual[: math.ceil(share * len(usual))])
    assert again == usual


def test_a_sampler_learns_from_every_rung():
    """Its trials are nearer to the optimum than random ones."""

    def mean_of_last(sampler: str) -> float:
        asked = run(make(n_trials=60, sampler=sampler, window=1), jobs=1, order=0)
        new = [params for evaluation, params in asked if evaluation.rung == 0][-20:]
        return float(sum(params["x"] ** 2 + params["y"] ** 2 for params in new)) / len(new)

    assert mean_of_last("tpe") < 0.5 * mean_of_last("random")


def test_each_configuration_is_one_trial_of_optunaas_it_stands():
    """RUNNING before its first result, PRUNED with its budgets as steps, COMPLETE at the top; a failure has no step."""
    search = make(n_trials=9, sampler="random", window=1)
    asked = run(search, jobs=1, order=0)
    states = {number: search.as_it_stands(number) for number in range(9)}
    furthest = {evaluation.number: evaluation for evaluation, _ in asked}
    for number, trial in states.items():
        last = outcome(furthest[number], asked[0][1])
        assert (trial.state == TrialState.COMPLETE) == (last.state == TrialState.COMPLETE)
        assert trial.state != TrialState.RUNNING
        scored = 0 if last.state == TrialState.FAIL else furthest[number].rung + 1
        assert list(trial.intermediate_values) == FIDELITY.budgets[:scored]
    fresh = make(window=4)
    fresh.ask()
    fresh.ask()
    assert fresh.as_it_stands(0).state == TrialState.RUNNING


def test_a_grid_may_end_first():
    """The study then says so."""
    grid = make("x: {type: int, low: 0, high: 3}\n", sampler="grid")
    asked = run(grid, jobs=1, order=0)
    assert sorted(params["x"] for evaluation, params in asked if evaluation.rung == 0) == [0, 1, 2, 3]
    assert grid.why_exhausted == "exhausted"
    assert make().why_exhausted == "n_trials"


def test_nothing_is_ended_early():
    """Its trials have no pruner."""
    assert make().judge(0, [(0, 1.0)]) is None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sampler": "qmc"}, "--sampler 'qmc': must be one of tpe, random, grid with --fidelity 'epochs:1..9:3'"),
    ({"pruner": "median"}, "--pruner 'median': must be none with --fidelity 'epochs:1..9:3', which ends trials early"),
    ({"objectives": 2}, "--fidelity 'epochs:1..9:3': must be none with two objectives"),
]


@pytest.mark.parametrize(("how", "said"), WRONG)
def test_what_does_not_go_with_it_is_refused(how, said):
    """In one sentence each."""
    usual: dict[str, Any] = {"fidelity": "epochs:1..9:3", "sampler": "tpe", "pruner": None, "objectives": 1}
    halving_search.check(**usual)
    with pytest.raises(WrongValue) as caught:
        halving_search.check(**(usual | how))
    (problem,) = caught.value.problems
    assert problem.startswith(said)
