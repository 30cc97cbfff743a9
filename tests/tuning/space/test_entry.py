"""One entry of a space file: what it becomes, and the problems of a wrong one."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from steps.errors import WrongValue
from steps.tuning.space import file
from steps.tuning.space.document import shorten

WHOLE = str(10**400)


def read(entry):
    return file.read(f"x: {entry}\n", "my.yaml").for_task("regression")


def problems_of(text):
    with pytest.raises(WrongValue) as caught:
        file.read(text, "my.yaml")
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
        ("{type: float, low: 0, high: 1, step: 0.1}", FloatDistribution(0.0, 1.0, step=0.1)),
        ("{type: float, low: 0, high: 1, step: 0.01}", FloatDistribution(0.0, 1.0, step=0.01)),
        ("{type: float, low: -1.5, high: 0, step: 1.0e-3}", FloatDistribution(-1.5, 0.0, step=0.001)),
    ],
)
def test_an_entry_is_a_distribution(entry, distribution):
    """Each numeric type, with its options and at its bounds, is the distribution of Optuna that it names."""
    assert read(entry).distributions == {"x": distribution}


@pytest.mark.parametrize(
    ("choices", "values"),
    [
        ("[sqrt, log2, null]", ["sqrt", "log2", None]),
        ("[1, 1.0, true, '1', '', 'None', \"it's\"]", [1, 1.0, True, "1", "", "None", "it's"]),
        ("[0.0, -0.0, 5.0e-324]", [0.0, -0.0, 5e-324]),
        ("[[50], [50, 50], [], [[1], null]]", [(50,), (50, 50), (), ((1,), None)]),
        ("['(50, 50)', [50, 50]]", ["(50, 50)", (50, 50)]),
        ('["two\\nlines", "\\0", "\\ud800", " "]', ["two\nlines", "\0", "\ud800", " "]),
    ],
)
def test_a_choice_is_what_the_child_is_given(choices, values):
    """Choices of any scalar, those that Python takes for equal too, and lists, as tuples, come back with their type."""
    space = read(f"{{type: categorical, choices: {choices}}}")
    (distribution,) = space.distributions.values()
    assert isinstance(distribution, CategoricalDistribution)
    chosen = [space.child({"x": choice}).hyperparameters["x"] for choice in distribution.choices]
    assert repr(chosen) == repr(values)


# An entry, and each of its problems.
BAD: list[tuple[str, list[str]]] = [
    ("{}", ["must be a plain value, or have a type, such as {type: int, low: 1, high: 9}"]),
    ("{low: 1, high: 9}", ["must be a plain value, or have a type"]),
    ("{type: integer, low: 1, high: 9}", ["type: must be one of int, float, categorical, got 'integer'"]),
    ("{type: [int]}", ["type: must be one of int, float, categorical, got ('int',)"]),
    ("{type: {int: null}}", ["type: must be text, a number, true, false, null or a list of those, got a mapping"]),
    ("{type: int}", ["low: is missing", "high: is missing"]),
    ("{type: float, low: 0.1}", ["high: is missing"]),
    ("{type: categorical}", ["choices: is missing"]),
    ("{type: int, lwo: 1, high: 9}", ["low: is missing", "lwo: unknown key (did you mean 'low'?); allowed: type, low"]),
    ("{type: int, low: 1, high: 9, 3: 4, x: 0}", ["3: unknown key; allowed", "x: unknown key; allowed"]),
    # One problem hides no other of the same entry.
    ("{type: int, low: 9, high: 1, stp: 2}", ["stp: unknown key", "low: must not be above high, got 9 > 1"]),
    ("{type: int, low: 1, low: 2, high: 0}", ["low: is there twice, first in line 2", "low: must not be above high"]),
    ("{type: categorical, choices: [1], log: true}", ["log: unknown key"]),
    ("{type: categorical, choices: []}", ["choices: must be a list of at least one value"]),
    ("{type: categorical, choices: ab}", ["choices: must be a list of at least one value"]),
    ("{type: categorical, choices: null}", ["choices: must be a list of at least one value"]),
    ("{type: categorical, choices: [{a: 1}, [{a: 1}]]}", ["choices: must be text, a number, true, false, null or a"]),
    (
        "{type: categorical, choices: [a, b, a, [1], [1]]}",
        ["choices: a is there twice", "choices: (1,) is there twice"],
    ),
    # What YAML can write, but no child run could be handed.
    ("{type: categorical, choices: [.nan]}", ["choices: must be a finite number, got .nan"]),
    ("{type: categorical, choices: [[-.inf]]}", ["choices: must be a finite number, got -.inf"]),
    ("{type: categorical, choices: [2026-01-02]}", ["choices: must be text, a number, true, false or null, got 2026"]),
    ("{type: categorical, choices: [2026-13-02]}", ["choices: 2026-13-02 can't be read: month must be in 1..12"]),
    ("{type: categorical, choices: [!!binary aGk=]}", ["choices: must be text, a number"]),
    ("{type: categorical, choices: [!!python/name:os.system '']}", ["choices: "]),
    ("{type: categorical, choices: [!!bool maybe]}", ["choices: maybe can't be read"]),
    (f"{{type: categorical, choices: [{'9' * 5000}]}}", [f"choices: {'9' * 30}…{'9' * 30} can't be read: "]),
    # What YAML 1.1 takes for text, and hardly anybody means so.
    ("{type: float, low: 1e-5, high: 1}", ["low: 1e-5 is text to YAML: write 1.0e-05 for the number, or put the text"]),
    ("{type: float, low: 1, high: 1.0e6}", ["high: 1.0e6 is text to YAML: write 1000000.0 for the number"]),
    ("{type: categorical, choices: [sqrt, None]}", ["choices: None is text to YAML: write null for None, or put"]),
    ("{type: categorical, choices: [1e-5, 0o17]}", ["choices: 1e-5 is text to YAML", "choices: 0o17 is text to YAML"]),
    ("{type: categorical, choices: [(50)]}", ["choices: (50) is text to YAML: write 50, or put the text in quotes"]),
    (
        "{type: int, low: 1.5, high: '9'}",
        ["low: must be a whole number, got 1.5", "high: must be a whole number, got '"],
    ),
    ("{type: int, low: 1.0, high: 9}", ["low: must be a whole number, got 1.0"]),
    ("{type: int, low: no, high: yes}", ["low: must be a whole", "high: must be a whole number, got True"]),
    ("{type: int, low: 1, high: 9, step: 0.5}", ["step: must be a whole number, got 0.5"]),
    ("{type: int, low: 1, high: 9, step: 0}", ["step: must be above 0, got 0"]),
    ("{type: int, low: 1, high: 9, step: -2}", ["step: must be above 0, got -2"]),
    ("{type: int, low: 1, high: 9, log: 'yes'}", ["log: must be true or false, got 'yes'"]),
    ("{type: int, low: 1, high: 9, log: 1}", ["log: must be true or false, got 1"]),
    ("{type: int, low: 0, high: 9, log: true}", ["low: must be above 0 with log, got 0"]),
    (
        "{type: int, low: 0, high: -1, log: true, step: 0}",
        [
            "low: must not be above high, got 0 > -1",
            "low: must be above 0 with log, got 0",
            "step: can't go with log",
            "step: must be above 0, got 0",
        ],
    ),
    (
        "{type: float, low: .nan, high: .inf}",
        ["low: must be a finite number, got .nan", "high: must be a finite number, got .inf"],
    ),
    ("{type: float, low: 0, high: 1, step: null}", ["step: must be a finite number, got None"]),
    ("{type: float, low: 0, high: 1, log: true, step: 0.1}", ["low: must be above 0", "step: can't go"]),
    ("{type: float, low: true, high: 2}", ["low: must be a finite number, got True"]),
    (f"{{type: float, low: 0, high: {WHOLE}}}", [f"high: must be a finite number, got {shorten(WHOLE)}"]),
    (f"{{type: int, low: 0, high: {WHOLE}}}", ["high: must be a whole number, at most 2**53 from 0, got 1000"]),
    ("{type: int, low: 0, high: 9007199254740993}", ["high: must be a whole number, at most 2**53 from 0"]),
    ("{type: float, low: -1.5e+308, high: 1.5e+308}", ["high: must not be so far from low"]),
    # Optuna would move `high` without asking.
    ("{type: int, low: 1, high: 10, step: 2}", ["step: must divide"]),
    ("{type: int, low: 1, high: 2, step: 2}", ["step: must divide"]),
    ("{type: float, low: 0, high: 1, step: 0.3}", ["step: must divide"]),
    ("{type: float, low: 0, high: 1, step: 1.0e-300}", ["step: must not be so small"]),
]


@pytest.mark.parametrize(("entry", "problems"), BAD, ids=[entry[:60] for entry, _ in BAD])
def test_each_problem_of_an_entry_is_named(entry, problems):
    """A problem says the file, the line, the hyperparameter, the key, what is allowed and what was given."""
    text = f"first: {{type: int, low: 1, high: 2}}\nmax_depth: {entry}\n"
    reported = problems_of(text)
    assert len(reported) == len(problems), reported
    for problem in problems:
        start = f"my.yaml:2: max_depth: {problem}"
        assert [line for line in reported if line.startswith(start)], reported
    assert all("\n" not in line and len(line) < 250 for line in reported)


def test_all_problems_of_all_entries_are_told_at_once():
    """A file with every bad entry at once gives every problem, in the order of its lines."""
    lines = [f"x{number}: {entry}" for number, (entry, _) in enumerate(BAD)]
    reported = problems_of("\n".join(["good: {type: int, low: 1, high: 2}", *lines]))
    expected = [number + 2 for number, (_, texts) in enumerate(BAD) for _ in texts]
    assert [int(line.split(":")[1]) for line in reported] == expected


def test_each_key_of_an_entry_in_many_lines_has_its_own_line():
    """An entry may be written in block style: the line named is that of the key."""
    reported = problems_of("max_depth:\n  type: int\n  low: 9\n\n  high: 3\n  stp: 1\n")
    assert [line.split(": ")[0:3] for line in reported] == [
        ["my.yaml:3", "max_depth", "low"],
        ["my.yaml:6", "max_depth", "stp"],
    ]


@pytest.mark.parametrize(
    ("entry", "right", "wrong"),
    [
        ("{type: int, low: 1, high: 9, step: 2}", [1, 3, 9], [0, 2, 11, 3.0, True, "3", None]),
        ("{type: float, low: 0, high: 1}", [0, 1, 0.5, 1.0], [-0.1, 1.1, True, "0.5", None, float("nan")]),
        ("{type: float, low: 0, high: 1, step: 0.1}", [0.3, 0.1 + 0.2, 0.7, 1], [0.35, 1.1, float("nan")]),
        (
            "{type: categorical, choices: [1, null, [2]]}",
            [1, None, (2,), [2]],
            [1.0, True, "1", "None", 2, (2, 2), float("nan"), object(), {1: 2}],
        ),
    ],
)
def test_what_lies_in_a_space(entry, right, wrong):
    """A value lies in an entry by its bounds, its step and its type; a list is the tuple of the same values."""
    space = read(entry)
    assert all(space.place(None, {"x": value}) is not None for value in right)
    assert all(space.place(None, {"x": value}) is None for value in wrong)
