"""What a new study is refused: a pruner without steps of the objective."""

import json
from dataclasses import replace

import pytest

from steps.errors import WrongValue
from steps.names import Tag
from steps.tuning.entry_point import EntryPoint
from steps.tuning.record import identity
from steps.tuning.search.objective import MINIMIZE, Objective
from steps.tuning.study_plan import StudyPlan
from tests.tuning import fakes

PRUNER = "patient:steps=1,min_delta=0"
FOLDED = EntryPoint("train", {}, runs_train=True)


def plan(name: str, *, pruner: str | None = PRUNER, entry: EntryPoint | None = None) -> StudyPlan:
    made = fakes.plan(pruner=pruner, metric="accuracy")
    dataset = {"sha256": "0"} if entry else {}
    return replace(made, objectives=(Objective(name, MINIMIZE),), entry=entry or made.entry, dataset=dataset)


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
        identity.check_same("mine", plan(name, entry=entry), [])
    assert caught.value.problems == (f"--pruner {PRUNER!r}: must be none with --objective '{name}': {why}",)
    identity.check_same("mine", plan(name, pruner=None, entry=entry), [])
    on_record = fakes.run_of("earlier", {Tag.IDENTITY: json.dumps(identity.as_data(plan(name, entry=entry)))})
    identity.check_same("mine", plan(name, entry=entry), [on_record])


@pytest.mark.parametrize(("name", "entry"), [("cv_accuracy", FOLDED), ("fit_time_s", None), ("loss", None)])
def test_what_is_logged_step_by_step_is_judged(name: str, entry: EntryPoint | None) -> None:
    """The score of folds, and what a script logs itself."""
    identity.check_same("mine", plan(name, entry=entry), [])


def test_what_a_pruner_sees_of_the_best_step_stays_as_the_study_began() -> None:
    """A pruner that waits for a value to worsen saw the best so far in earlier versions; no other has it on record."""
    best = replace(plan("loss"), objectives=(Objective("loss:best", MINIMIZE, "best"),))
    now = identity.as_data(best)
    for sees in ({}, {"pruner sees": "values"}):
        on_record = {**{key: value for key, value in now.items() if key != "pruner sees"}, **sees}
        earlier = [fakes.run_of("earlier", {Tag.IDENTITY: json.dumps(on_record)})]
        begun = identity.as_begun(best, earlier)
        assert begun.shows_values == bool(sees)
        identity.check_same("mine", begun, earlier)
    others = replace(best, settings=replace(best.settings, pruner="median")), plan("loss")
    assert not any("pruner sees" in identity.as_data(other) for other in others)
