"""A pruner needs the steps of the objective."""

from dataclasses import replace

import pytest

from steps.errors import WrongValue
from steps.tuning.checks import seen_steps
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search.objective import MINIMIZE, Objective
from steps.tuning.study_plan import StudyPlan
from tests.tuning import fakes

FOLDED = EntryPoint("train", {}, runs_train=True)


def plan(name: str, *, pruner: str | None = "median", entry: EntryPoint | None = None) -> StudyPlan:
    made = fakes.plan(pruner=pruner, metric="accuracy")
    return replace(made, objectives=(Objective(name, MINIMIZE),), entry=entry or made.entry)


@pytest.mark.parametrize(
    ("name", "entry", "why"),
    [
        ("peak_memory_mb", FOLDED, "a pruner sees the folds of 'cv_accuracy' alone"),
        ("fit_time_s", FOLDED, "a pruner sees the folds of 'cv_accuracy' alone"),
        ("cv_accuracy_std", FOLDED, "a pruner sees the folds of 'cv_accuracy' alone"),
        ("cpu_s", None, "it is measured when a trial has ended, so a pruner sees no step of it"),
    ],
)
def test_an_objective_of_which_it_sees_no_step_is_refused(name: str, entry: EntryPoint | None, why: str) -> None:
    """In one sentence; without a pruner it is none, and a study that was begun so goes on."""
    with pytest.raises(WrongValue) as caught:
        seen_steps.check(plan(name, entry=entry), [])
    assert caught.value.problems == (f"--pruner 'median': must be none with --objective '{name}': {why}",)
    seen_steps.check(plan(name, pruner=None, entry=entry), [])
    seen_steps.check(plan(name, entry=entry), [fakes.run_of("earlier", {})])


@pytest.mark.parametrize(("name", "entry"), [("cv_accuracy", FOLDED), ("fit_time_s", None), ("loss", None)])
def test_what_is_logged_step_by_step_is_judged(name: str, entry: EntryPoint | None) -> None:
    """The score of folds, and what a script logs itself."""
    seen_steps.check(plan(name, entry=entry), [])
