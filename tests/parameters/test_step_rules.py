"""Which of a metric's steps counts."""

import math

import pytest

from steps.parameters import step_rules

NAN, INFINITE = math.nan, 1.7976931348623157e308  # as a SQL store keeps infinity
STEPS = [(0, 0.5), (1, 0.25), (1, 0.125), (2, NAN), (3, 0.75), (5, 0.5)]


@pytest.mark.parametrize(
    ("rule", "sign", "steps", "expected"),
    [
        ("last", 1, STEPS, (5, 0.5)),
        ("best", 1, STEPS, (3, 0.75)),
        ("best", -1, STEPS, (1, 0.125)),
        ("best", -1, [(0, 1.0), (1, 0.5), (2, 0.5)], (1, 0.5)),  # the first of equals
        ("best", 1, [(0, INFINITE), (1, 0.5)], (1, 0.5)),
        ("mean_last_1", 1, STEPS, (5, 0.5)),
        ("mean_last_2", 1, STEPS, (5, 0.625)),
        ("mean_last_2", 1, STEPS[:3], (1, 0.3125)),  # a step that was logged twice counts once, as it was last
        ("mean_last_1000", 1, [(0, 1.0), (1, 0.5)], (1, 0.75)),
    ],
)
def test_a_rule_says_which_step_counts(rule, sign, steps, expected):
    """And what its value is."""
    assert step_rules.value(rule, sign, steps) == expected


@pytest.mark.parametrize("rule", ["best", "mean_last_3"])
@pytest.mark.parametrize("steps", [[(0, NAN)], [(0, NAN), (1, INFINITE), (2, NAN)]])
def test_without_a_finite_step_nothing_finite_counts(rule, steps):
    """The trial fails by it."""
    value = step_rules.value(rule, -1, steps)[1]
    assert math.isnan(value)


@pytest.mark.parametrize(("rule", "sign"), [("last", 1), ("best", 1), ("best", -1), ("mean_last_2", 1)])
def test_what_a_pruner_sees_is_what_would_count_if_a_step_were_the_last(rule, sign):
    """At each step."""
    steps = [(0, 0.5), (1, 0.25), (3, 0.75), (5, 0.125)]
    expected = [step_rules.value(rule, sign, steps[: end + 1])[1] for end in range(len(steps))]
    assert list(step_rules.running(rule, sign, steps)) == [(s, v) for (s, _), v in zip(steps, expected, strict=True)]


@pytest.mark.parametrize("name", ["loss", "loss:best", "loss:last", "loss:mean_last_1000", "a:b:best"])
def test_a_rule_is_known_by_its_name(name):
    """Behind the last colon."""
    assert step_rules.problem(name) == ""


@pytest.mark.parametrize("name", ["loss:bst", "loss:mean_last_0", "loss:mean_last_1001", "loss:mean_last_05", "loss:"])
def test_any_other_rule_is_refused(name):
    """With what is allowed, and how to name a metric that has a colon itself."""
    assert step_rules.problem(name).endswith(f"is '{name}:last'")
    assert "allowed: last, best, or mean_last_5" in step_rules.problem(name)
