"""How docs/parameters.md is written; `tests/test_declarations.py` holds what it says."""

import doctest

import pytest

from scripts.documentation import parameters


def test_a_place_that_is_not_there_is_an_error():
    """A declaration that names a page or a heading of docs/ that is gone can't be written."""
    assert parameters.title("search-settings.md#repeats") == "Repeats"
    assert parameters.title("gpu.md#a-port-tuning_port") == "A port: TUNING_PORT"
    with pytest.raises(ValueError, match="such heading"):
        parameters.title("gpu.md#gone")
    with pytest.raises(FileNotFoundError):
        parameters.title("gone.md")


def test_the_examples_are_true():
    """What the docstrings show is what happens."""
    assert doctest.testmod(parameters).failed == 0
