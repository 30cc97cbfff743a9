"""scripts/bench faults: one row of its table, really measured."""

import pytest

from scripts.benchmarks import faults

pytestmark = pytest.mark.e2e


@pytest.mark.slow
def test_a_killed_driver_costs_what_ran(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost, no process is left, and the study that is resumed is equal to the undisturbed one."""
    faults.main(["driver", "--tools", "ours"])
    header, _, row = [line for line in capfd.readouterr().out.splitlines() if line.startswith("|")]
    cells = dict(zip(*(line.strip("| ").split(" | ") for line in (header, row)), strict=True))
    assert (cells["fault"], cells["tool"]) == ("driver killed", "this project")
    assert (cells["trials lost"], cells["processes left"], cells["equal"]) == ("0", "0", "yes")
    assert cells["resumed by"] == "the same command"
    assert int(cells["run again"]) <= 2
