"""Who is the champion: the best trial, or what scores better than every trial."""

from dataclasses import replace
from typing import Any

import pytest
from optuna.trial import TrialState

from steps.tuning.champion import contest
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes

DUMMY = "sklearn.dummy.DummyRegressor"


def ended(number: int | None, *values: float, estimator: str | None = "a.Forest") -> TrialResult:
    return TrialResult(Job(number, estimator), f"run {number}", Outcome(TrialState.COMPLETE, values))


def plan(*, dummy: float | None = None, names: tuple[str, ...] = ("a.Forest",), train: bool = True, **how: Any) -> Any:
    made = fakes.plan(how.get("text", fakes.NUMBERS), baseline=True)
    settings = replace(made.settings, metric="r2", baseline=how.get("baseline", True), pick=how.get("pick"))
    return replace(
        made,
        settings=settings,
        entry=EntryPoint("train", {}, runs_train=train),
        estimators={name: name for name in names} if train else {None: None},
        objectives=how.get("objectives", (Objective("cv_r2", MAXIMIZE),)),
        dummy=None if dummy is None else {"estimator": DUMMY, "score": dummy},
    )


def name_of(made: Any, best: list[TrialResult], baselines: list[TrialResult]) -> str | None:
    won = contest.winner(made, best, baselines)
    return None if won is None else contest.name_of(won.job, made)


def bounded(number: int | None, value: float, excess: float) -> TrialResult:
    """A child that breaks a constraint by something, or keeps it."""
    one = ended(number, value)
    return replace(one, outcome=replace(one.outcome, excess=(excess,)))


def test_what_breaks_a_constraint_is_no_champion():
    """Baselines that score better are left out, and so is a dummy, of which nobody knows what it would log."""
    constraint = Constraint(Objective("fit_time_s", MINIMIZE), "<=", 1.0)
    made = replace(plan(dummy=0.9), constraints=(constraint,))
    best = [bounded(4, 0.7, -0.5)]
    assert name_of(made, best, [bounded(None, 0.8, 0.25)]) == "trial 4"
    assert name_of(made, best, [bounded(None, 0.8, 0.0)]) == "the estimator's defaults"


LESS = (Objective("cv_r2", MINIMIZE),)
TWO = (Objective("cv_r2", MAXIMIZE), Objective("fit_time_s", MINIMIZE))
TIME = (Objective("fit_time_s", MINIMIZE),)
FIXED = "{x: {type: int, low: 1, high: 9}, data: /a.csv}"
FRONT = [ended(1, 0.9, 3.0), ended(2, 0.5, 1.0)]


@pytest.mark.parametrize(
    ("made", "best", "baselines", "expected"),
    [
        (plan(), [ended(4, 0.7)], [ended(None, 0.6)], "trial 4"),
        (plan(), [ended(4, 0.7)], [ended(None, 0.7)], "trial 4"),  # as good is not better
        (plan(), [ended(4, 0.7)], [ended(None, 0.71)], "the estimator's defaults"),
        (plan(), [ended(4, 0.7)], [ended(None)], "trial 4"),  # it failed
        (plan(objectives=LESS), [ended(4, 0.7)], [ended(None, 0.6)], "the estimator's defaults"),
        (plan(baseline=False, dummy=1), [ended(4, 0.7)], [ended(None, 0.8)], "trial 4"),
        (
            plan(names=("a.Forest", "b.SVC")),
            [ended(4, 0.7)],
            [ended(None, 0.8), ended(None, 0.9, estimator="b.SVC")],
            "SVC's defaults",
        ),
        (
            plan(names=("a.Scaler+b.SVC", "b.SVC")),
            [ended(4, 0.7)],
            [ended(None, 0.8, estimator="b.SVC"), ended(None, 0.9, estimator="a.Scaler+b.SVC")],
            "Scaler + SVC's defaults",
        ),
        (plan(dummy=0.75), [ended(4, 0.7)], [ended(None, 0.71)], "the dummy"),
        (plan(dummy=0.71), [ended(4, 0.7)], [ended(None, 0.71)], "the estimator's defaults"),
        (plan(dummy=-0.1), [ended(4, 0.7)], [], "trial 4"),
        (plan(dummy=0.75, objectives=TIME), [ended(4, 1.0)], [], "trial 4"),  # it would be the fastest
        (plan(names=(DUMMY,)), [ended(4, 0.7)], [ended(None, 0.8, estimator=DUMMY)], "the estimator's defaults"),
        (plan(train=False), [ended(4, 0.7)], [ended(None, 0.8, estimator=None)], "the entry point's own defaults"),
        (plan(train=False, text=FIXED), [ended(4, 0.7)], [ended(None, 0.8, estimator=None)], "trial 4"),
        (plan(train=False, dummy=0.9), [ended(4, 0.7)], [], "trial 4"),
        (plan(objectives=TWO), FRONT, [ended(None, 0.95, 0.5)], None),
        (plan(objectives=TWO, pick="cv_r2"), FRONT, [ended(None, 0.8, 0.5)], "trial 1"),
        (plan(objectives=TWO, pick="cv_r2"), FRONT, [ended(None, 0.95, 9)], "the estimator's defaults"),
        (plan(objectives=TWO, pick="fit_time_s", dummy=2), FRONT, [ended(None, 0.95, 9)], "trial 2"),
    ],
)
def test_only_what_scores_better_than_every_trial_takes_its_place(made, best, baselines, expected):
    """In the objective that judges; a dummy competes in the mean score alone, and none with `baseline=false`."""
    assert name_of(made, best, baselines) == expected
    assert contest.is_trial(expected or "") is (expected or "").startswith("trial ")
