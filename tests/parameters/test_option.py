"""How a parameter is written in messages."""

import pytest

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
