"""The last lines of a study."""

from pathlib import Path

import pytest
from optuna.trial import TrialState

from steps.parameters.tune_settings import TuneSettings
from steps.tuning.report import next_steps
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes

GOES_ON = [
    ({}, "n_trials", "-P study=mine -P n_trials=24"),
    ({}, "signal", "-P study=mine"),
    ({"patience": 5}, "patience", "-P study=mine -P patience=10"),
    ({}, "failures", "-P study=mine -P max_failures=10"),
    ({"target_value": 0.5}, "target", ""),
    ({}, "exhausted", ""),
    ({}, "refused", ""),
    ({"fidelity": "epochs:1..9:3"}, "n_trials", ""),
    ({"fidelity": "epochs:1..9:3"}, "timeout", "-P study=mine"),
    # What the record has is taken from there; the rest is given again.
    ({"confirm": 5, "folds": 3, "space": "knn", "jobs": 2}, "timeout", "-P study=mine -P confirm=5 -P jobs=2"),
]


@pytest.mark.parametrize(("settings", "stopped_by", "end"), GOES_ON)
def test_how_a_study_goes_on(settings, stopped_by, end, client):
    """With more of what has stopped it, and with the settings that are not on its record.

    One whose trials are promoted never has more of them. One that has nowhere to go has no such line.
    """
    plan = fakes.plan(n_trials=12, **settings)
    parent = client.get_run(client.create_run("0").info.run_id)
    lines = next_steps.text(
        plan, StudyResult(stopped_by, {}, {}, []), parent, "mine", TuneSettings(**settings), None
    ).splitlines()
    go_on = [line for line in lines if line.startswith("Go on: ")]
    assert len(go_on) == bool(end)
    assert all(line.endswith(end) for line in go_on)


def test_a_report_is_named_once_it_is_there(client):
    """A study that is interrupted in its first seconds has none yet."""
    plan = fakes.plan(n_trials=12)
    parent = client.get_run(client.create_run("0").info.run_id)
    result = StudyResult("signal", {}, {0: TrialResult(Job(0), "run", Outcome(TrialState.COMPLETE, (1.0,)))}, [])

    def reports() -> list[str]:
        lines = next_steps.text(plan, result, parent, "mine", TuneSettings(), None).splitlines()
        return [line for line in lines if line.startswith("Report: ")]

    assert reports() == []
    client.log_text(parent.info.run_id, "page", "report.html")
    (line,) = reports()
    assert Path(line.removeprefix("Report: ")).read_text() == "page"
