"""Each row of the tables of bad inputs beside this file, and what holds for the tables as a whole."""

from dataclasses import fields
from pathlib import Path

import pytest

from steps.parameters.settings import TrainSettings
from steps.parameters.tune_settings import TuneSettings
from tests.host import Host
from tests.inputs import data, environment, parameters, servers, spaces
from tests.inputs.rows import Row
from tests.inputs.runner import check

TABLES = {"parameters": parameters, "spaces": spaces, "data": data, "environment": environment, "servers": servers}
ROWS = [row for table in TABLES.values() for row in table.ROWS]


@pytest.mark.e2e
@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_bad_input_ends_with_its_code_and_its_line(host: Host, row: Row, tmp_path: Path) -> None:
    """Whatever kind of input is bad: the exit code by kind, a line on stderr for each problem, no more."""
    check(host, row, tmp_path)


def blamed(step: str) -> set[str]:
    """Return the parameters that the rows of a step blame: what a line begins with."""
    lines = [line for row in ROWS if row.step == step for line in row.expected]
    return {line.partition(": --")[2].partition(" ")[0].rstrip(":") for line in lines}


def test_each_parameter_of_each_step_is_blamed_by_some_row() -> None:
    """A parameter that is added gets a row with a bad value of it."""
    assert {field.name for field in fields(TrainSettings)} <= blamed("train") | {"data"}
    assert {field.name for field in fields(TuneSettings)} <= blamed("tune")


def test_the_tables_are_as_large_as_they_have_to_be() -> None:
    """There are some of each kind, and more than 60 in all; each has a name of its own."""
    assert all(len(table.ROWS) >= 10 for table in TABLES.values())
    assert len(ROWS) > 60
    assert len({row.id for row in ROWS}) == len(ROWS)
