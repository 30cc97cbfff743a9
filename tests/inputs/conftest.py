"""One process with the imports done for all rows of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inputs.runner import Host


@pytest.fixture(scope="session")
def host(database: Path) -> Iterator[Host]:
    """The process whose forks the steps are."""
    found = Host(database)
    yield found
    found.close()
