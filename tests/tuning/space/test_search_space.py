"""A space as the search uses it: what is suggested, given to a child, placed back, counted and gone through."""

import json
import math
import warnings

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import RandomSampler, TPESampler

from steps.tuning.space import file

SVC = """\
C: {type: float, low: 1.0e-3, high: 1.0e+3, log: true}
kernel: {type: categorical, choices: [linear, rbf, poly]}
gamma: {type: float, low: 1.0e-4, high: 10, log: true, when: {kernel: [rbf, poly]}}
degree: {type: int, low: 2, high: 5, when: {kernel: poly}}
shrinking: {type: categorical, choices: [true, false]}
cache_size: 500
sizes: [50, 50]
coef0: {type: categorical, choices: [0, 0.0, [1]], when: {kernel: poly, shrinking: true}}
"""
GRID = """\
estimator:
  a.Tree:
    depth: {type: int, low: 1, high: 9, step: 4}
    kind: {type: categorical, choices: [x, y]}
    share: {type: float, low: 0, high: 0.3, step: 0.1, when: {kind: y}}
  a.Line:
    fit: true
  a.Near:
    q: {type: float, low: 0, high: 1, step: 0.1}
    p: {type: categorical, choices: [1, 2]}
    k: {type: int, low: 1, high: 2, when: {p: 2}}
    m: {type: int, low: 5, high: 6, when: {p: [1, 2]}}
"""


def read(text):
    return file.read(text, "my.yaml").for_task("classification")


def suggestions(space, sampler, n):
    study = optuna.create_study(sampler=sampler)
    for _ in range(n):
        trial = study.ask()
        params = space.suggest(trial)
        assert params == trial.params
        yield params
        study.tell(trial, 0.0)


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def is_right(values):
    """Whether hyperparameters of SVC are just those that its conditions allow, each in its bounds."""
    wanted = {"C", "kernel", "shrinking", "cache_size", "sizes"}
    wanted |= {"gamma"} if values["kernel"] in ("rbf", "poly") else set()
    wanted |= {"degree"} if values["kernel"] == "poly" else set()
    wanted |= {"coef0"} if values["kernel"] == "poly" and values["shrinking"] is True else set()
    return (
        set(values) == wanted
        and 1e-3 <= values["C"] <= 1e3
        and 1e-4 <= values.get("gamma", 1) <= 10
        and values.get("degree", 2) in (2, 3, 4, 5)
        and repr(values.get("coef0", 0)) in ("0", "0.0", "(1,)")
        and (values["cache_size"], values["sizes"]) == (500, (50, 50))
    )


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_trial_has_the_hyperparameters_of_its_branch_alone(kind):
    """Only active hyperparameters are suggested and given to a child; fixed values always are, lists as tuples."""
    space = read(SVC)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        sampler = RandomSampler(seed=1) if kind == "random" else TPESampler(seed=1, multivariate=True, group=True)
    seen = set()
    for params in suggestions(space, sampler, 60):
        choice = space.child(params)
        assert choice.estimator is None
        assert is_right(choice.hyperparameters)
        assert list(choice.hyperparameters) == [n for n in space.hyperparameters(None) if n in choice.hyperparameters]
        assert space.place(None, choice.hyperparameters) == params
        seen.add((choice.hyperparameters["kernel"], choice.hyperparameters["shrinking"]))
    assert len(seen) == 6


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_placing_is_the_inverse(seed):
    """What a child was given leads back to Optuna's parameters, through JSON too; with anything changed it doesn't."""
    space = read(GRID)
    (params,) = suggestions(space, RandomSampler(seed=seed), 1)
    estimator, values = space.child(params).estimator, space.child(params).hyperparameters
    assert space.place(estimator, json.loads(json.dumps(values))) == params
    assert space.place(None, values) is None
    assert space.place("a.Other", values) is None
    assert space.place(estimator, {**values, "other": 1}) is None
    for name in values:
        assert space.place(estimator, {k: v for k, v in values.items() if k != name}) is None
        assert space.place(estimator, {**values, name: "other"}) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a: {type: int, low: 1, high: 9, step: 4}\nb: {type: categorical, choices: [x, y]}\n", 6),
        ("a: {type: float, low: 0, high: 1, step: 0.1}\n", 11),
        ("a: {type: float, low: 2, high: 2}\n", 1),
        ("a: {type: int, low: 1, high: 1000, log: true}\n", 1000),
        ("a: {type: float, low: 0, high: 1}\n", None),
        ("a: {type: int, low: 1, high: 9}\nb: {type: float, low: 0, high: 1}\n", None),
        (SVC, None),
        # Each branch of its own size: 3 + 3 × 4; 1; 11 × (2 + 2 × 2).
        (GRID, 3 + 3 * 4 + 1 + 11 * (2 + 2 * 2)),
    ],
)
def test_the_size_of_a_space(text, size):
    """The number of points, conditions and all; None where a number is continuous."""
    space = read(text)
    assert space.size == size
    if size is not None:
        points = list(space.points())
        assert len(points) == size
        assert len({tuple(point.items()) for point in points}) == size
        for point in points:  # each is just what a child can be given
            choice = space.child(point)
            assert space.place(choice.estimator, choice.hyperparameters) == point


def test_a_size_is_counted_not_gone_through():
    """A grid of more points than anybody could list has its size at once."""
    text = "".join(f"x{n}: {{type: int, low: 1, high: 1000}}\n" for n in range(12))
    assert read(text).size == 1000**12
    assert read(text + "k: {type: categorical, choices: [1, 2]}\n").size == 2 * 1000**12


def test_the_points_come_in_the_file_s_order():
    """The last varies first, and steps are as written, not summed up in floats."""
    space = read("a: {type: categorical, choices: [x, null]}\nb: {type: float, low: 0.1, high: 0.3, step: 0.1}\n")
    assert [tuple(space.child(point).hyperparameters.values()) for point in space.points()] == [
        ("x", 0.1),
        ("x", 0.2),
        ("x", 0.3),
        (None, 0.1),
        (None, 0.2),
        (None, 0.3),
    ]


NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_any_space_is_one_with_its_points(data):
    """Any file of categoricals, steps and conditions: what is suggested is a point; the points are counted right."""
    names, lines = data.draw(NAMES), []
    categoricals: dict[str, list[int]] = {}
    for name in names:
        when = ""
        if categoricals and data.draw(st.booleans()):
            above = data.draw(st.sampled_from(sorted(categoricals)))
            chosen = data.draw(st.lists(st.sampled_from(categoricals[above]), min_size=1, unique=True))
            when = f", when: {{{above}: {chosen}}}"
        if data.draw(st.booleans()):
            categoricals[name] = list(range(data.draw(st.integers(1, 3))))
            lines.append(f"{name}: {{type: categorical, choices: {categoricals[name]}{when}}}")
        else:
            lines.append(f"{name}: {{type: int, low: 0, high: {data.draw(st.integers(0, 3))}{when}}}")
    space = read("\n".join(lines))
    points = list(space.points())
    assert space.size == len(points) <= math.prod(d.size() or 0 for d in space.parameters)
    (params,) = suggestions(space, RandomSampler(seed=data.draw(st.integers(0, 99))), 1)
    assert params in points
    assert space.place(None, space.child(params).hyperparameters) == params


def test_a_space_can_be_told():
    """Each hyperparameter in words: its bounds or choices, its conditions, or what it is fixed at."""
    texts = read(SVC).text()
    assert texts["C"] == "a number from 0.001 to 1000.0, log"
    assert texts["degree"] == "a whole number from 2 to 5, where kernel is poly"
    assert texts["gamma"].endswith("where kernel is rbf or poly")
    assert texts["cache_size"] == "always 500"
    texts = read(GRID).text()
    assert texts["estimator"] == "one of a.Tree, a.Line, a.Near"
    assert texts["a.Tree: depth"] == "a whole number from 1 to 9, step 4"


@pytest.mark.parametrize("kept", [["a.A", "c.C"], ["c.C"]])
def test_estimators_can_be_left_out(kept):
    """With the points that name them; where one is left, no choice is, and each of its points is found again."""
    space = file.read(
        "estimator: {a.A: {x: {type: int, low: 1, high: 3}}, b.B: {y: {type: int, low: 1, high: 3}}, "
        "c.C: {k: {type: categorical, choices: [p, q]}, z: {type: int, low: 1, high: 2, when: {k: q}}, w: 7}}\n"
        "try: [{estimator: b.B, y: 2}, {estimator: c.C, k: q, z: 1}]",
        "some.yaml",
    ).for_task("regression")
    left = space.without({"a.A", "b.B", "c.C"} - {*kept})
    choice = {"estimator": "c.C"} if len(kept) > 1 else {}
    assert left.estimators == kept
    assert left.tries == [{**choice, "C.k": "q", "C.z": 1}]
    assert left.size == (6 if len(kept) > 1 else 3)
    for params in left.points():
        child = left.child(params)
        assert left.place(child.estimator, child.hyperparameters) == params
    assert not any("y" in name for name in left.text())
