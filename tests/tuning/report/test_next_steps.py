"""The last lines of a study."""

import pytest

from steps.tuning.report import next_steps
from steps.tuning.trials.results import StudyResult
from tests.tuning import fakes

GOES_ON = [
    ({}, "n_trials", "-P n_trials=24"),
    ({}, "signal", "-P study=mine"),
    ({"fidelity": "epochs:1..9:3"}, "n_trials", ""),
    ({"fidelity": "epochs:1..9:3"}, "timeout", "-P study=mine"),
]


@pytest.mark.parametrize(("settings", "stopped_by", "end"), GOES_ON)
def test_how_a_study_goes_on(settings, stopped_by, end, client):
    """With more trials, unless a signal has ended it; one whose trials are promoted never has more."""
    plan = fakes.plan(n_trials=12, **settings)
    parent = client.get_run(client.create_run("0").info.run_id)
    lines = next_steps.text(plan, StudyResult(stopped_by, {}, {}, []), parent, "mine", None).splitlines()
    go_on = [line for line in lines if line.startswith("Go on: ")]
    assert len(go_on) == bool(end)
    assert all(line.endswith(end) for line in go_on)
