import datetime
import math

import pytest
import yaml
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from steps.errors import WrongValue
from steps.tuning import space


def problems_of(content):
    with pytest.raises(WrongValue) as caught:
        space.parse(content, "my.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("entry", "distribution"),
    [
        ("{type: int, low: 1, high: 9}", IntDistribution(1, 9)),
        ("{type: int, low: -3, high: -3}", IntDistribution(-3, -3)),
        ("{type: int, low: 1, high: 9, step: 2}", IntDistribution(1, 9, step=2)),
        ("{type: int, low: 1, high: 1000, log: true}", IntDistribution(1, 1000, log=True)),
        ("{type: float, low: 0, high: 1}", FloatDistribution(0.0, 1.0)),
        ("{type: float, low: 1.0e-5, high: 0.1, log: true}", FloatDistribution(1e-5, 0.1, log=True)),
        ("{type: float, low: 0, high: 1, step: 0.25, log: false}", FloatDistribution(0.0, 1.0, step=0.25)),
        ("{type: categorical, choices: [sqrt, log2, null]}", CategoricalDistribution(["sqrt", "log2", None])),
        ("{type: categorical, choices: [1, 0.5, true, '1', '']}", CategoricalDistribution([1, 0.5, True, "1", ""])),
    ],
)
def test_an_entry_is_a_distribution(entry, distribution):
    """Each type, with its options and at its bounds, is the distribution of Optuna that it names."""
    assert space.parse({"x": yaml.safe_load(entry)}, "my.yaml") == {"x": distribution}


def test_the_order_of_the_file_is_kept():
    """A search depends on the order of its hyperparameters: it is the file's."""
    entry = {"type": "int", "low": 1, "high": 2}
    assert list(space.parse({name: entry for name in "zebra"}, "my.yaml")) == list("zebra")


@pytest.mark.parametrize("content", [None, {}, [], "text", 5, [{"x": 1}]])
def test_a_space_is_a_mapping_with_entries(content):
    """An empty file and one that is no mapping are refused, with what was found."""
    (problem,) = problems_of(content)
    assert problem == f"my.yaml: must map each hyperparameter to its type and bounds, got {content!r}"


# An entry, and each of its problems.
BAD: list[tuple[object, list[str]]] = [
    (5, ["must be a mapping such as {type: int, low: 1, high: 9}, got 5"]),
    (None, ["must be a mapping such as {type: int, low: 1, high: 9}, got None"]),
    ([1, 9], ["must be a mapping such as {type: int, low: 1, high: 9}, got [1, 9]"]),
    ({}, ["type: must be one of int, float, categorical, got None"]),
    ({"type": "integer", "low": 1, "high": 9}, ["type: must be one of int, float, categorical, got 'integer'"]),
    ({"type": ["int"]}, ["type: must be one of int, float, categorical, got ['int']"]),
    ({"type": {"int": None}}, ["type: must be one of int, float, categorical, got {'int': None}"]),
    ({"type": "int"}, ["low: is missing", "high: is missing"]),
    ({"type": "float", "low": 0.1}, ["high: is missing"]),
    ({"type": "categorical"}, ["choices: is missing"]),
    (
        {"type": "int", "lwo": 1, "high": 9},
        ["lwo: unknown key (did you mean 'low'?)", "low: is missing"],
    ),
    ({"type": "int", "low": 1, "high": 9, 3: 4, "x": 0}, ["3: unknown key", "x: unknown key"]),
    ({"type": "categorical", "choices": [1], "log": True}, ["log: unknown key"]),
    ({"type": "categorical", "choices": []}, ["choices: must be a list of at least one value, got []"]),
    ({"type": "categorical", "choices": "ab"}, ["choices: must be a list of at least one value, got 'ab'"]),
    ({"type": "categorical", "choices": None}, ["choices: must be a list of at least one value, got None"]),
    ({"type": "categorical", "choices": [1, [2]]}, ["choices: must be plain values, got [1, [2]]"]),
    ({"type": "categorical", "choices": [{"a": 1}]}, ["choices: must be plain values, got [{'a': 1}]"]),
    # What YAML can write, but no child run could be handed.
    ({"type": "categorical", "choices": [math.nan]}, ["choices: must be plain values, got [nan]"]),
    ({"type": "categorical", "choices": [math.inf]}, ["choices: must be plain values, got [inf]"]),
    (
        {"type": "categorical", "choices": [datetime.date(2026, 1, 2)]},
        ["choices: must be plain values, got [datetime.date(2026, 1, 2)]"],
    ),
    (
        {"type": "int", "low": 1.5, "high": "9"},
        ["low: must be a whole number", "high: must be a whole number, got '9'"],
    ),
    ({"type": "int", "low": 1.0, "high": 9}, ["low: must be a whole number, got 1.0"]),
    ({"type": "int", "low": False, "high": True}, ["low: must be a whole", "high: must be a whole number, got True"]),
    ({"type": "int", "low": 1, "high": 9, "step": 0.5}, ["step: must be a whole number, got 0.5"]),
    ({"type": "int", "low": 1, "high": 9, "step": 0}, ["step: must be above 0, got 0"]),
    ({"type": "int", "low": 1, "high": 9, "step": -2}, ["step: must be above 0, got -2"]),
    ({"type": "int", "low": 1, "high": 9, "log": "yes"}, ["log: must be true or false, got 'yes'"]),
    ({"type": "int", "low": 1, "high": 9, "log": 1}, ["log: must be true or false, got 1"]),
    ({"type": "int", "low": 0, "high": 9, "log": True}, ["low: must be above 0 with log, got 0"]),
    ({"type": "int", "low": 9, "high": 1}, ["low: must not be above high, got 9 > 1"]),
    (
        {"type": "int", "low": 0, "high": -1, "log": True, "step": 0},
        [
            "low: must not be above high, got 0 > -1",
            "low: must be above 0 with log, got 0",
            "step: can't go with log",
            "step: must be above 0, got 0",
        ],
    ),
    (
        {"type": "float", "low": math.nan, "high": math.inf},
        ["low: must be a finite number, got nan", "high: must be a finite number, got inf"],
    ),
    # YAML 1.1 reads 1e-5, without a dot, as text.
    ({"type": "float", "low": "1e-5", "high": 1}, ["low: must be a finite number, got '1e-5'"]),
    ({"type": "float", "low": 0, "high": 1, "step": None}, ["step: must be a finite number, got None"]),
    ({"type": "float", "low": 0, "high": 1, "log": True, "step": 0.1}, ["low: must be above 0", "step: can't go"]),
    # Optuna would move `high` without asking.
    ({"type": "int", "low": 1, "high": 10, "step": 2}, ["step: must divide"]),
    ({"type": "float", "low": 0, "high": 1, "step": 0.3}, ["step: must divide"]),
]


@pytest.mark.parametrize(("entry", "problems"), BAD, ids=[str(entry)[:60] for entry, _ in BAD])
def test_each_problem_of_an_entry_is_named(entry, problems):
    """A problem says the file, the hyperparameter, the key, what is allowed and what was given."""
    found = problems_of({"max_depth": entry})
    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith(f"my.yaml: max_depth: {problem}")


def test_all_problems_of_all_entries_are_told_at_once():
    """A file with every bad entry at once gives every problem, in the file's order."""
    content = {f"x{number}": entry for number, (entry, _) in enumerate(BAD)} | {
        "good": {"type": "int", "low": 1, "high": 2}
    }
    found = problems_of(content)
    expected = [f"my.yaml: x{number}: {text}" for number, (_, texts) in enumerate(BAD) for text in texts]
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


@pytest.mark.parametrize("step", [0.1, 0.05, 0.01])
def test_a_step_that_divides_the_range_but_for_rounding_is_taken(step):
    """0 to 1 in tenths is fine, although 0.1 is no exact number."""
    (found,) = space.parse({"x": {"type": "float", "low": 0, "high": 1, "step": step}}, "my.yaml").values()
    assert found == FloatDistribution(0.0, 1.0, step=step)


@pytest.mark.parametrize(
    ("name", "near"), [("random_florist", " (did you mean 'random_forest'?)"), ("zzz", ""), ("../settings", "")]
)
def test_an_unknown_space_gets_the_nearest_name(name, near):
    """A name that is no file in steps/spaces is refused, with those that are."""
    with pytest.raises(WrongValue) as caught:
        space.load(name)
    (problem,) = caught.value.problems
    assert problem.startswith(f"--space {name!r}: must be one of ")
    assert "random_forest" in problem
    assert problem.endswith(near)
    assert ("did you mean" in problem) == bool(near)


@pytest.mark.parametrize("text", ["x: [1,", "x: {type: int\ny: 1", "\tx: 1"])
def test_a_file_that_is_no_yaml_is_refused_by_its_name(text, tmp_path, monkeypatch):
    """A file that YAML can't read is a wrong value, told on one line, no traceback."""
    (tmp_path / "mine.yaml").write_text(text)
    monkeypatch.setattr(space, "FOLDER", tmp_path)
    with pytest.raises(WrongValue) as caught:
        space.load("mine")
    (problem,) = caught.value.problems
    assert problem.startswith("mine.yaml: ")
    assert "\n" not in problem
