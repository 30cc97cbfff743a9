import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steps.parameters.values import decode, encode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(max_size=8)
    # What the border is hard on: text that looks like an option, a literal, or something that a shell would read.
    | st.text(alphabet=" \t\n'\"$;`\\-()[]{}#,=~*?&|<>!_.0123456789eENonTrué\N{SNOWMAN}", max_size=12)
)
VALUES = SCALARS | st.tuples(SCALARS) | st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple))


@given(VALUES)
@settings(deadline=None, max_examples=150)
@example(-0.0)
@example(-1e-05)
@example(5e-324)
@example(1.7976931348623157e308)
@example(0.1 + 0.2)
@example("")
@example(" 1")
@example("None")
@example("'None'")
@example("-1e-05")
@example("--folds")
@example("it's $HOME; `ls`")
@example(((50, 50), [1, "2"], {"a": None}))
def test_a_value_comes_back_the_same(value):
    """Any Python literal survives the way to another process: same value, same type, floats to the last bit."""
    # The repr tells 1 from True and from 1.0, and 0.0 from -0.0, at any depth.
    assert repr(decode(encode(value))) == repr(value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("1e-05", 1e-05),
        ("-1e-05", -1e-05),
        ("True", True),
        ("None", None),
        ("(50, 50)", (50, 50)),
        ("[50]", [50]),
        ("'None'", "None"),
        ("''", ""),
        ("sqrt", "sqrt"),
        ("true", "true"),
        ("nan", "nan"),
        ("two words", "two words"),
        ("--x", "--x"),
        ("__import__('os')", "__import__('os')"),
        ("(1,", "(1,"),
        ("(" * 10_000, "(" * 10_000),
        ("-" * 100_000 + "1", "-" * 100_000 + "1"),
        ("a\0b", "a\0b"),
        ("", ""),
    ],
)
def test_a_word_is_a_literal_or_text(word, value):
    """A word that parses as a Python literal is that value; any other word is text, and nothing is executed."""
    assert decode(word) == value
    assert type(decode(word)) is type(value)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("sqrt", "sqrt"),
        ("two words", "two words"),
        ("None", "'None'"),
        ("1", "'1'"),
        ("", "''"),
        (None, "None"),
        (0.1, "0.1"),
        ([50, 50], "(50, 50)"),
        ([], "()"),
        ("two\nlines", r"'two\nlines'"),
        ("a\0b", r"'a\x00b'"),
        ("\ud800", r"'\ud800'"),
        ("caf\u00e9 \N{SNOWMAN}", "caf\u00e9 \N{SNOWMAN}"),
    ],
)
def test_a_word_is_as_plain_as_it_can_be(value, word):
    """Text stays as it is where it prints and nothing else could be meant, else it is its repr; lists are tuples."""
    assert encode(value) == word


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        (1, math.nan),
        pytest.param(object(), id="object"),
        len,
        int,
        ...,
        range(3),
        frozenset({1}),
        np.float64(1.5),
        (np.int64(1),),
        np.array([1, 2]),
        np.array(["a"]),
    ],
    ids=repr,
)
def test_what_is_no_literal_is_refused(value):
    """A value that can't come back as itself is a TypeError that shows it, not some other value over there."""
    with pytest.raises(TypeError, match="is not a Python literal"):
        encode(value)


@pytest.mark.parametrize("value", [10**5000, -(10**5000), (1, 10**5000)], ids=["large", "negative", "in a tuple"])
def test_a_number_that_python_does_not_write_is_refused(value):
    """A whole number of thousands of digits is a TypeError with a sentence of its own."""
    with pytest.raises(TypeError, match="a whole number of more than 4300 digits can't be handed"):
        encode(value)
