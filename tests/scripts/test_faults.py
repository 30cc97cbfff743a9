"""scripts/bench faults: what it counts and compares; one fault is really struck by tests/e2e/test_fault_table.py."""

import doctest
from pathlib import Path

import pytest

from scripts.benchmarks.contenders import executions, outcome, strikes, with_ray
from scripts.benchmarks.contenders.outcome import Outcome, Trial
from scripts.benchmarks.contenders.tools import TOOLS

STUDY = [Trial(number, {"x": number / 3, "y": -1.0}, number / 7) for number in range(outcome.TRIALS)]


def renumbered(trials: list[Trial], by: int) -> list[Trial]:
    return [Trial(trial.number + by, trial.params, trial.score) for trial in trials]


@pytest.mark.parametrize(
    ("trials", "verdict"),
    [
        (STUDY, "yes"),
        (STUDY[:-1], "no: 1 of 16 differ"),
        ([], "no: 16 of 16 differ"),
        ([*STUDY[:-1], Trial(15, {"x": 5.0, "y": -1.0}, 15 / 7 + 1e-15)], "no: 1 of 16 differ"),
        ([*STUDY[:8], *renumbered(STUDY[8:], 1)], "but for the numbers"),
        ([*STUDY, *renumbered(STUDY[:1], 16)], "no: 17 trials"),
    ],
)
def test_studies_are_equal_trial_by_trial_to_the_last_bit(trials, verdict):
    """What differs is counted; where each trial is there under another number, that is said."""
    assert outcome.equality(STUDY, trials) == verdict


def test_lost_are_the_trials_without_a_score():
    """A study that has more than it was asked for has lost none."""
    assert outcome.lost(STUDY) == outcome.lost([*STUDY, *STUDY]) == 0
    assert outcome.lost(STUDY[:-3]) == 3


def test_a_trial_is_at_work_from_its_first_line_to_its_last(tmp_path: Path):
    """The same point may be executed again, by another process; what nobody has noted is nothing."""
    file = tmp_path / "executions.txt"
    assert executions.read(file) == executions.Executions(0, 0, ())
    file.write_text("began 7 0.5 1.0\nbegan 8 0.25 1.0\nended 7 0.5 1.0\nbegan 7 0.5 2.0\nbegan 9 0.25 1.0\n")
    assert executions.read(file) == executions.Executions(4, 1, (8, 7, 9))
    assert doctest.testmod(executions).failed == 0


def test_a_row_has_a_cell_for_each_column():
    """Also the row of a fault that makes no sense for a tool."""
    row = outcome.row("driver killed", "this project", Outcome(0, 2, 3, 0, "the same command", "yes"))
    assert row == "| driver killed | this project | 0 | 2 | 3 | 0 | the same command | yes |"
    assert row.count("|") == outcome.line(outcome.COLUMNS).count("|")


def test_each_tool_has_a_row_for_each_fault_or_a_reason():
    """No reason names a fault that there is not, and what a fault needs is known."""
    for tool in TOOLS.values():
        assert set(tool.without) <= set(strikes.FAULTS)
    assert {fault.needs for fault in strikes.FAULTS.values()} <= {"", "server", "disk", "cluster"}
    assert not any(TOOLS["ours"].without)
    assert TOOLS["ours"].runs_in_ray("node")
    assert not TOOLS["ours"].runs_in_ray("driver")
    assert not TOOLS["ray"].runs_in_ray("locked")


def test_ray_tune_has_the_release_of_ray_that_this_project_pins():
    """And all of its other pins, so that both run in one environment."""
    words = with_ray.requirements()
    (tune,) = [word for word in words if word.startswith("ray[tune]==")]
    assert tune.replace("[tune]", "") in words
    assert len(words) > 50
