"""What holds for the tables of bad inputs as a whole."""

from dataclasses import fields

from steps.parameters.settings import TrainSettings, TuneSettings
from tests.inputs import data, environment, parameters, servers, spaces

TABLES = {"parameters": parameters, "spaces": spaces, "data": data, "environment": environment, "servers": servers}
ROWS = [row for table in TABLES.values() for row in table.ROWS]


def given(step: str) -> set[str]:
    """Return the parameters that the rows of a step blame: what a line begins with."""
    lines = [line for row in ROWS if row.step == step for line in row.expected]
    return {line.partition(": --")[2].partition(" ")[0].rstrip(":") for line in lines}


def test_each_parameter_of_each_step_is_blamed_by_some_row() -> None:
    """A parameter that is added gets a row with a bad value of it."""
    assert {field.name for field in fields(TrainSettings)} <= given("train") | {"data"}
    assert {field.name for field in fields(TuneSettings)} <= given("tune")


def test_the_tables_are_as_large_as_they_have_to_be() -> None:
    """There are some of each kind, and more than 60 in all; each has a name of its own."""
    assert all(len(table.ROWS) >= 10 for table in TABLES.values())
    assert len(ROWS) > 60
    assert len({row.id for row in ROWS}) == len(ROWS)
