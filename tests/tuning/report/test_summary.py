"""The lines that a study ends with."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from optuna.trial import TrialState

from steps.tuning.champion.champion import Champion
from steps.tuning.entry_point import EntryPoint
from steps.tuning.report import summary
from steps.tuning.search.objective import MINIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes


def ended(number, value):
    job = Job(number, hyperparameters={} if number is None else {"lr": 0.1})
    return TrialResult(job, f"run {number}", Outcome(TrialState.COMPLETE, (value,)))


@pytest.mark.parametrize(("runs_train", "shown", "whose"), [(True, "loss", "estimator"), (False, "cv_loss", "entry")])
def test_an_objective_has_its_own_name(runs_train, shown, whose):
    """Of `train` it is the scorer's; of anybody's script the name under which that logs it."""
    children = SimpleNamespace(
        objectives=[Objective("cv_loss", MINIMIZE)],
        entry=EntryPoint("fit.py", {}, runs_train=runs_train),
        recorded=lambda job: dict(job.hyperparameters),
    )
    best = {3: ended(3, 0.25)}
    result = StudyResult("n_trials", best, best, [ended(None, 0.5)])
    plan = replace(fakes.plan(baseline=True), objectives=tuple(children.objectives), entry=children.entry)
    lines = summary.summary(plan, result, children).splitlines()  # type: ignore[arg-type] # a fake
    assert lines[:2] == ["Best trial: {'lr': 0.1}", f"Best {shown}: 0.25"]
    assert lines[2].startswith(f"Baseline {shown}: 0.5 (the {whose}")
    assert lines[2].endswith("tuning gained +0.25)")
    assert lines[3:] == []
    ahead = replace(result, baselines=[ended(None, 0.125)])
    lines = summary.summary(plan, ahead, children).splitlines()  # type: ignore[arg-type] # a fake
    assert lines[3].startswith(f"No trial scores better than the {whose}")
    assert "champion" not in lines[3]  # none was run
    champion = Champion(lines[3].removeprefix("No trial scores better than "), None)
    lines = summary.summary(plan, ahead, children, champion).splitlines()  # type: ignore[arg-type] # a fake
    assert lines[3].endswith("defaults: they are the champion")
