import logging

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState, create_trial

from steps.tuning.search.search import Outcome, Search
from steps.tuning.space import file

FLAT = """
x: {type: float, low: -2, high: 2}
n: {type: int, low: 1, high: 100, log: true}
kind: {type: categorical, choices: [a, b, null]}
"""
# The same, where some are active only under others.
CONDITIONAL = """
kind: {type: categorical, choices: [a, b, null]}
x: {type: float, low: -2, high: 2}
n: {type: int, low: 1, high: 100, log: true, when: {kind: [a, b]}}
y: {type: float, low: 0, high: 1, when: {kind: a}}
z: {type: categorical, choices: [1, 2], when: {kind: b}}
"""

# What every sampler can search, also from one end to the other.
NUMBERS = """
x: {type: float, low: -2, high: 2, step: 0.1}
n: {type: int, low: 1, high: 100}
kind: {type: categorical, choices: [a, b]}
"""


def read(text):
    return file.read(text, "my.yaml").for_task("classification")


SPACE = read(FLAT)
SPACES = {"flat": SPACE, "conditional": read(CONDITIONAL)}
# TPE draws at random for 10 trials: of 18, some are its own draws at any window up to 5.
N_TRIALS = 18
FAIL = Outcome(TrialState.FAIL)


def outcome(number, params):
    """How a trial ends: by its parameters and number alone, as a training run would; some fail."""
    if number % 7 == 3:
        return FAIL
    score = -((params["x"] - 0.5) ** 2) - params.get("n", 30) / 100 + params.get("y", 0) + (params["kind"] == "a")
    return Outcome(TrialState.COMPLETE, (score,))


def one_after_the_other(sampler, window, seed=42, n_trials=N_TRIALS, score=outcome, space=SPACE):
    """The parameters of every trial where each is settled before the next is asked for."""
    search = Search(space, sampler=sampler, seed=seed, window=window)
    asked = []
    for _ in range(n_trials):
        number, params = search.ask()
        asked.append(params)
        search.settle(number, score(number, params))
    return asked


@pytest.fixture(scope="module")
def standard():
    """The parameters of every trial, by space, sampler and window."""
    return {
        (name, sampler, window): one_after_the_other(sampler, window, space=space)
        for name, space in SPACES.items()
        for sampler in ("tpe", "random")
        for window in range(1, 6)
    }


@pytest.mark.e2e
@pytest.mark.parametrize("window", range(1, 6))
@pytest.mark.parametrize("sampler", ["tpe", "random"])
@pytest.mark.parametrize("space", SPACES)
@given(data=st.data())
@settings(deadline=None, max_examples=4)
def test_no_order_and_no_number_of_workers_changes_what_is_asked(space, sampler, window, data, standard):
    """Whatever order trials settle in, and however many run at a time, trial n tries the same parameters."""
    workers = data.draw(st.integers(1, 8), label="workers")
    search = Search(SPACES[space], sampler=sampler, seed=42, window=window)
    running: dict[int, Outcome] = {}
    while search.asked < N_TRIALS or running:
        free = search.asked < N_TRIALS and len(running) < workers and search.can_ask()
        if free and (not running or data.draw(st.booleans(), label="ask")):
            number, params = search.ask()
            assert params == standard[space, sampler, window][number]
            running[number] = outcome(number, params)
        else:
            number = data.draw(st.sampled_from(sorted(running)), label="settle")
            search.settle(number, running.pop(number))


@pytest.mark.parametrize("window", [1, 4])
def test_tpe_learns_from_the_scores(window):
    """Past its start-up tpe's draws depend on the scores: what the other tests hold still does move."""
    told = one_after_the_other("tpe", window)
    other = one_after_the_other("tpe", window, score=lambda *_: Outcome(TrialState.COMPLETE, (1.0,)))
    assert told[:10] == other[:10]
    assert told[10 + window :] != other[10 + window :]


@pytest.mark.parametrize(
    ("sampler", "space"),
    [
        ("tpe", "x: {type: float, low: -2, high: 2}"),
        ("random", "x: {type: float, low: -2, high: 2}"),
        ("qmc", "x: {type: float, low: -2, high: 2}\ny: {type: float, low: 1, high: 9, log: true}"),
        ("cmaes", "x: {type: float, low: -2, high: 2}\ny: {type: float, low: 1, high: 9, log: true}"),
        ("grid", "x: {type: int, low: 1, high: 5}\ny: {type: int, low: 1, high: 4}"),
    ],
)
def test_a_replay_asks_what_was_asked(sampler, space):
    """Told in their order, as a study that goes on is, the trials ask for what they did when each was told late."""

    def score(number, params):
        return FAIL if number % 7 == 3 else Outcome(TrialState.COMPLETE, (sum(params.values()),))

    space = read(space)
    search = Search(space, sampler=sampler, seed=42, window=4)
    asked: list[object] = []
    unsettled: list[tuple[int, dict[str, float]]] = []
    while len(asked) < N_TRIALS:
        while not search.can_ask():
            number, params = unsettled.pop()  # the newest first
            search.settle(number, score(number, params))
        unsettled.append(search.ask())
        asked.append(unsettled[-1][1])
    assert asked == one_after_the_other(sampler, 4, score=score, space=space)


def test_a_trial_does_not_know_the_scores_inside_its_window():
    """Trial n has been told trials 0 … n − window: the score of one later than that changes nothing, one at it does."""
    n, window = 16, 4

    def asked_where(changed):
        def score(number, params):
            return Outcome(TrialState.COMPLETE, (1e6,)) if number == changed else outcome(number, params)

        return one_after_the_other("tpe", window, n_trials=n + 1, score=score)[n]

    assert asked_where(n - window + 1) == asked_where(None)
    assert asked_where(n - window) != asked_where(None)


def test_the_window_is_part_of_the_study(standard):
    """Another window is another study."""
    for space in SPACES:
        studies = [standard[space, "tpe", window] for window in range(1, 6)]
        assert all(one != other for i, one in enumerate(studies) for other in studies[:i])
    assert standard["flat", "random", 1] == standard["flat", "random", 5]  # which looks at no score


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_seed_decides(sampler):
    """The same seed asks the same, another seed other parameters, and no two trials draw alike."""
    asked = one_after_the_other(sampler, 4, n_trials=12)
    assert asked == one_after_the_other(sampler, 4, n_trials=12)
    other = one_after_the_other(sampler, 4, seed=43, n_trials=12)
    assert all(one != another for one, another in zip(asked, other, strict=True))
    assert len({params["x"] for params in asked}) == len(asked)


@pytest.mark.parametrize("window", [1, 2, 4])
def test_as_many_trials_as_the_window_can_be_in_flight(window):
    """`can_ask` holds for the first `window` trials, and then until the oldest one that must be told is settled."""
    search = Search(SPACE, sampler="random", seed=1, window=window)
    for number in range(window):
        assert search.can_ask()
        assert search.ask()[0] == number
    assert not search.can_ask()
    for number in range(1, window):  # later ones don't help
        search.settle(number, FAIL)
        assert not search.can_ask()
    search.settle(0, Outcome(TrialState.COMPLETE, (1.0,)))
    for number in range(window, 2 * window):  # all of the first are settled
        assert search.can_ask()
        assert search.ask()[0] == number
    assert not search.can_ask()


@given(st.integers(1, 6), st.lists(st.integers(0, 9), unique=True))
@settings(deadline=None, max_examples=50)
def test_can_ask_is_the_rule(window, settled):
    """The next trial n can be asked for exactly where trials 0 … n − window are settled."""
    search = Search(SPACE, sampler="random", seed=1, window=window)
    while search.can_ask() and search.asked < 10:
        number, _ = search.ask()
        if number in settled:
            search.settle(number, FAIL)
    n = search.asked
    assume(n < 10)
    assert not set(range(n - window + 1)) <= set(settled)
    for earlier in range(window, n):
        assert set(range(earlier - window + 1)) <= set(settled)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_failed_trials_don_t_stop_a_search(sampler):
    """A search in which trial after trial fails goes on, with parameters of its space."""
    for params in one_after_the_other(sampler, 2, n_trials=14, score=lambda *_: FAIL):
        assert list(params) == list(SPACE.distributions)
        for name, distribution in SPACE.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(params[name]))


def test_the_numbers_and_names_of_the_parameters():
    """Trials are numbered from 0, and each has all hyperparameters of the space in its order."""
    search = Search(SPACE, sampler="tpe", seed=42, window=9)
    for expected in range(5):
        assert search.asked == expected
        number, params = search.ask()
        assert number == expected
        assert list(params) == ["x", "n", "kind"]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_optuna_says_nothing(sampler, caplog):
    """A search logs no line of Optuna's, failed trials or not; a Python warning would be an error here."""
    logger = logging.getLogger("optuna")
    logger.addHandler(caplog.handler)
    try:
        one_after_the_other(sampler, 3, n_trials=15)
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records == []


BRANCHES = """
estimator:
  a.Good:
    x: {type: float, low: 0, high: 1}
  a.Bad:
    x: {type: float, low: 0, high: 1}
  a.Worse:
    x: {type: float, low: 0, high: 1}
    k: {type: categorical, choices: [1, 2, 3]}
"""


def branch_outcome(number, params):
    """One branch is clearly better, and inside it a small x is."""
    best = params["estimator"] == "a.Good"
    return Outcome(TrialState.COMPLETE, (1.0 - abs(params["Good.x"] - 0.2) if best else -1.0,))


@pytest.mark.e2e
@pytest.mark.parametrize("window", [1, 4])
def test_tpe_learns_in_each_branch_of_a_conditional_space(window):
    """A branch that is clearly better is chosen far more often than at random, and what is best in it is found."""
    asked = [
        one_after_the_other("tpe", window, seed=seed, n_trials=50, score=branch_outcome, space=read(BRANCHES))
        for seed in range(4)
    ]
    later = [params for trials in asked for params in trials[20:]]
    good = [params["Good.x"] for params in later if params["estimator"] == "a.Good"]
    assert len(good) / len(later) > 0.6  # at random: a third
    assert sum(abs(x - 0.2) < 0.15 for x in good) / len(good) > 0.5  # at random: 0.3
    at_random = one_after_the_other("random", window, n_trials=200, score=lambda *_: FAIL, space=read(BRANCHES))
    assert 40 < sum(params["estimator"] == "a.Good" for params in at_random) < 93


def test_a_trial_has_no_parameter_of_another_branch():
    """Whatever is asked in a conditional space, only the parameters of its own branch are there."""
    for sampler in ("tpe", "random"):
        for params in one_after_the_other(sampler, 2, n_trials=30, space=SPACES["conditional"]):
            more = {"a": {"n", "y"}, "b": {"n", "z"}, "None": set()}[params["kind"]]
            assert set(params) == {"kind", "x"} | more


@pytest.mark.parametrize("text", [FLAT, CONDITIONAL], ids=["flat", "conditional"])
def test_points_to_try_come_first(text):
    """The first trials are the file's points in their order, what they leave out is drawn; then the sampler goes on."""
    tries = "try:\n  - {kind: a, x: 0.5, n: 10}\n  - {x: 1.5}\n"
    asked = one_after_the_other("tpe", 2, n_trials=14, space=read(text + tries))
    assert {"kind": "a", "x": 0.5, "n": 10}.items() <= asked[0].items()
    assert asked[1]["x"] == 1.5
    assert len({params["x"] for params in asked}) == 14


def past_trials(count):
    """Trials of before, at points of the space that its sampler would draw."""
    asked = one_after_the_other("random", 1, seed=7, n_trials=count)
    return [
        create_trial(params=params, distributions=dict(SPACE.distributions), value=outcome(0, params).values[0])
        for params in asked
    ]


@pytest.mark.parametrize("window", [1, 4])
def test_a_search_knows_past_trials_from_its_start(window):
    """With past trials TPE draws by them at once; they take no number, and the search is as repeatable as any."""
    past = past_trials(20)

    def first_trials(settled_late):
        search = Search(SPACE, sampler="tpe", seed=42, window=window, past=past)
        asked: list[dict[str, object]] = []
        waiting: list[tuple[int, Outcome]] = []
        while len(asked) < 8:
            if search.can_ask() and not (settled_late and len(waiting) == 2):
                number, params = search.ask()
                assert number == len(asked)
                asked.append(params)
                waiting.append((number, outcome(number, params)))
            else:
                search.settle(*waiting.pop(0))
        return asked

    assert first_trials(settled_late=False) == first_trials(settled_late=window > 1)
    assert first_trials(settled_late=False)[0] != one_after_the_other("tpe", window, n_trials=1)[0]


def test_a_pruner_compares_with_past_trials():
    """Past trials that did better at a step have a running one pruned, which nobody else would."""
    past = [
        create_trial(
            params=trial.params, distributions=trial.distributions, value=1.0, intermediate_values={0: 1.0, 1: 1.0}
        )
        for trial in past_trials(6)
    ]
    for trials, pruned_at in ((past, 0), ([], None)):
        search = Search(SPACE, sampler="random", seed=1, window=1, pruner="median", steps=2, past=trials)
        number, _ = search.ask()
        assert search.judge(number, [(0, 0.1), (1, 0.1)]) == pruned_at


@pytest.mark.e2e
@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize(
    ("sampler", "space"),
    [
        *((sampler, space) for sampler in ("tpe", "random", "qmc") for space in (FLAT, CONDITIONAL)),
        *((sampler, NUMBERS) for sampler in ("tpe", "cmaes", "grid")),
    ],
)
def test_a_study_that_is_told_what_is_on_record_goes_on_the_same(space, sampler, window):
    """Whether the recorded trials are drawn again or taken as they are, the next ones are the same."""
    resumed, drawn = (Search(read(space), sampler=sampler, seed=42, window=window) for _ in range(2))
    for number in range(70):
        params = drawn.ask()[1]
        assert resumed.ask(params if number < 60 else None) == (number, params)
        for search in (resumed, drawn):
            search.settle(number, outcome(number, params))


def test_what_is_on_record_is_held_to_what_would_be_drawn():
    """The first recorded trials, and some of the others, are drawn again: a record that differs from them shows."""
    search, shown = Search(SPACE, sampler="tpe", seed=42, window=4), []
    other = {"x": 1.5, "n": 7, "kind": "a"}
    for number in range(100):
        _, params = search.ask(other)
        search.settle(number, outcome(number, params))
        shown += [number] if params != other else []
    assert shown[:3] == [0, 1, 2]
    assert shown[-1] > 90
    assert len(shown) < 50
