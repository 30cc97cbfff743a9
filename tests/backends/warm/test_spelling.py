"""Which values differ in their spelling only."""

import pytest

from steps.backends.warm.spelling import same_value

SAME = [
    ("0.001", "1e-3"), ("1e-05", "1e-5"), ("2", "2.0"), ("1_000", "1000"), ("nan", "NaN"), ("inf", "Infinity"),
    ("false", "False"), ("TRUE", "true"), ("1", "True"), ("None", "null"), ("none", "None"), ("''", ""),
    ("'hello world'", "hello world"), ("'it'\"'\"'s'", "it's"), ("'[32, 64]'", "[32,64]"), ("'(1, 2)'", "[1.0, 2]"),
    ("'{\"a\": true}'", '{"a":true}'), ("'{\"a\": 1}'", "{'a': 1}"), ("auto", "auto"), ("'$HOME'", "$HOME"),
    ("a", " a "), ("'" + "x y" * 2000, "x y" * 2001),
]  # fmt: skip
OTHER = [
    ("0.001", "0.002"), ("2", "3"), ("false", "True"), ("None", "0"), ("auto", "sqrt"), ("'a b'", "a c"),
    ("'[1, 2]'", "[2, 1]"), ("9007199254740993", "9007199254740992"), ("", "None"), ("abc", "abcd"),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "given"), SAME)
def test_another_spelling_is_the_same_value(recorded: str, given: str) -> None:
    """Numbers, truth, nothing, lists, and texts as a shell quotes them."""
    assert same_value(recorded, given)


@pytest.mark.parametrize(("recorded", "given"), OTHER)
def test_another_value_is_another(recorded: str, given: str) -> None:
    """However near it is: MLflow is to refuse it."""
    assert not same_value(recorded, given)
