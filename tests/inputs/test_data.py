"""Each row of the table in `tests/inputs/data.py`."""

from pathlib import Path

import pytest

from tests.host import Host
from tests.inputs.data import ROWS
from tests.inputs.rows import Row
from tests.inputs.runner import check

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_it_ends_with_its_code_and_its_line(host: Host, row: Row, tmp_path: Path) -> None:
    """For data that no model can be trained on: the exit code by kind, a line for each problem, no more."""
    check(host, row, tmp_path)
