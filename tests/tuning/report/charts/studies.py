"""Studies of every kind, drawn at random instead of run: what a chart gets to see."""

import functools
import random
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import optuna
from mlflow.entities import Run
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT
from steps.training.run_plan import describe
from steps.tuning import study_plan as plans
from steps.tuning.entry_point import EntryPoint
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.search.search import Outcome
from steps.tuning.space.search_space import ESTIMATOR
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import Job, TrialResult
from steps.tuning.tuned_project import this_project

FIRST = 1_700_000_000_000
MESSY = str(PROJECT / "tests" / "samples" / "messy.csv")
# More hyperparameters than parallel coordinates show at first.
WIDE = (
    "n_estimators=10..200 max_depth=1..20 min_samples_leaf=log(1,20) min_samples_split=2..20 max_features=0.1..1.0 "
    "max_leaf_nodes=log(4,64) criterion=[gini,entropy,log_loss] bootstrap=[true,false] ccp_alpha=log(1e-6,1e-2)"
)
# The settings of a study, by its kind.
KINDS: dict[str, dict[str, Any]] = {
    "iris": {},
    "automl": {"data": MESSY, "target": "churned", "space": "automl"},
    "regression": {"data": "diabetes", "space": "extra_trees"},
    "minimized": {"objective": "fit_time_s"},
    "front": {"objective": "cv_accuracy,fit_time_s"},
    "pruned": {"pruner": "median"},
    "constrained": {"constraint": "fit_time_s<=0.5"},
    "own script": {},
    "wide": {"space": WIDE},
    "one": {"space": "n_estimators=10..200"},
    "one number": {"space": "n_estimators=10..200 criterion=[gini,entropy]"},
}


@functools.cache
def plan_of(kind: str) -> StudyPlan:
    """The plan of a study of a kind."""
    plan = plans.make(TuneSettings(**KINDS[kind]), this_project(), describe)
    if kind == "own script":
        return replace(plan, entry=EntryPoint("fit.py", {}, runs_train=False, is_script=True))
    return plan


def study(kind: str, count: int = 40, seed: int = 0) -> StudyRecord:
    """A study with so many ended trials, four at a time."""
    plan, draw = plan_of(kind), random.Random(seed)
    asked = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trials = [_trial(plan, number, plan.space.suggest(asked.ask()), draw) for number in range(count)]
    objectives = len(plan.objectives)
    outcome = Outcome(TrialState.COMPLETE, (0.7,) * objectives, excess=(0.0,) * len(plan.constraints))
    baseline = TrialResult(Job(None, next(iter(plan.estimators.values()))), "0" * 32, outcome)
    parent = SimpleNamespace(info=SimpleNamespace(run_id="f" * 32), data=SimpleNamespace(tags={}, metrics={}))
    return StudyRecord(plan, kind, cast(Run, parent), trials, None, "Python", [baseline])


def _trial(plan: StudyPlan, number: int, params: dict[str, Any], draw: random.Random) -> TrialRecord:
    child = plan.space.child(params)
    recorded = ({ESTIMATOR: child.estimator} if len(plan.estimators) > 1 else {}) | child.hyperparameters
    signs = [objective.sign for objective in plan.objectives]
    worth = 0.8 + _worth(plan, params) / 6 + draw.gauss(0, 0.01)
    values: Sequence[float] = [worth if sign > 0 else worth**3 + draw.random() / 20 for sign in signs]
    state, end = TrialState.COMPLETE, draw.lognormvariate(0, 0.5)
    steps = {step: worth * (1 - 0.5 ** (step + 1)) for step in range(5)} if plan.prunes or not plan.is_folded else {}
    if number % 11 == 5:
        state, values, steps = TrialState.FAIL, (), {}
    elif plan.prunes and number > 5 and worth < 0.8:
        state, values, steps = TrialState.PRUNED, (), {step: steps[step] for step in range(1 + number % 3)}
    start = FIRST + 250 * number + draw.randrange(200)
    return TrialRecord(
        number,
        state,
        recorded,
        tuple(values),
        f"{number:032x}",
        start,
        start + int(1000 * end),
        "exit code 1" if state == TrialState.FAIL else "",
        steps,
        "",
        tuple(draw.choice((-0.1, 0.1)) for _ in plan.constraints) if values else (),
    )


def _worth(plan: StudyPlan, params: dict[str, Any]) -> float:
    """Say how good a point is, from -1 to 0: the first hyperparameters matter most."""
    worth = 0.0
    for place, (name, value) in enumerate(params.items()):
        distribution = plan.space.distributions[name]
        if isinstance(distribution, CategoricalDistribution):
            share = distribution.choices.index(value) / len(distribution.choices)
        else:
            assert isinstance(
                distribution, optuna.distributions.IntDistribution | optuna.distributions.FloatDistribution
            )
            share = (value - distribution.low) / (distribution.high - distribution.low)
        worth -= (share - 0.4) ** 2 / (place + 1)
    return worth
