"""How a parameter is written in messages."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters import command_line
from steps.parameters.option import option
from steps.parameters.settings import ReproduceSettings


@pytest.mark.parametrize(
    ("run_id", "expected"),
    [
        ("0" * 32, ["-P folds", "-P folds=5", "-P test_size=0.2", "-P data='my table.csv'"]),
        (None, ["--folds", "--folds 5", "--test_size 0.2", "--data 'my table.csv'"]),
    ],
)
def test_a_parameter_is_written_as_it_was_typed(monkeypatch, run_id, expected):
    """With -P and = where `mlflow run` started the step; also after MLflow has taken its variable away."""
    monkeypatch.delenv(Variable.RUN_ID, raising=False)
    if run_id is not None:
        monkeypatch.setenv(Variable.RUN_ID, run_id)
    command_line.arguments([])
    monkeypatch.delenv(Variable.RUN_ID, raising=False)
    values = {"folds": 5, "test_size": 0.2, "data": "my table.csv"}
    assert [option("folds"), *(option(name, value) for name, value in values.items())] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("auto", "'auto'"),
        ("", "''"),
        ("it's", '"it\'s"'),
        ("a\\b", r"'a\b'"),
        ("it's $HOME", """'it'"'"'s $HOME'"""),
        ("it's `id`!", """'it'"'"'s `id`!'"""),
        ('it\'s "x"', """'it'"'"'s "x"'"""),
        ("two\nlines", r"$'two\nlines'"),
        ("\x1b[31m'\\ü\xa0", r"$'\x1b[31m\'\\ü\xc2\xa0'"),
    ],
)
def test_a_text_can_be_pasted(value, expected):
    """In quotes, in which a shell changes nothing; what no terminal shows is spelled out."""
    assert option("data", value) == f"--data {expected}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8))
def test_a_shell_takes_a_text_for_itself(value):
    """Whatever it has in it, in one line."""
    word = option("data", value).removeprefix("--data ")
    assert word.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True
    )
    assert done.stdout.decode() == value


def test_a_refused_value_is_shown_as_it_was_typed(monkeypatch):
    """What is wrong on the command line of `mlflow run` begins with -P."""
    monkeypatch.setenv(Variable.RUN_ID, "0" * 32)
    words = command_line.arguments(["--sample", "x", "--sede", "3"])
    with pytest.raises(WrongValue) as refused:
        command_line.read(words, ReproduceSettings)
    assert refused.value.problems == (
        "-P sample='x': must be a whole number from 1",
        "-P sede='3': unknown parameter (did you mean 'seed'?); --help lists them",
    )
