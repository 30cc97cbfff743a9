"""A study on record as one of Optuna's, for its importances and for study.db."""

import warnings
from collections.abc import Callable, Mapping
from datetime import datetime

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, create_trial

from steps.patches import optuna as optuna_patch
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.study_plan import StudyPlan


def as_optuna_study(
    record: StudyRecord, storage: RDBStorage | None = None, told: Callable[[int], None] = lambda _: None
) -> optuna.Study:
    """Make an Optuna study of the trials, in memory or in a storage; trials outside the space are left out.

    `told` is told now and then how many trials are done.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    directions = [StudyDirection[objective.direction.upper()] for objective in record.plan.objectives]
    study = optuna.create_study(study_name=record.name, directions=directions, storage=storage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # metric names have been experimental since 3.2
        study.set_metric_names([objective.name for objective in record.plan.objectives])
    distributions = record.plan.space.distributions
    found = (_frozen(trial, record.plan, distributions) for trial in record.trials)
    trials = [trial for trial in found if trial is not None]
    if storage is None:
        study.add_trials(trials)
    else:
        optuna_patch.add_trials(study, storage, trials, told)
    return study


def _frozen(trial: TrialRecord, plan: StudyPlan, distributions: Mapping[str, BaseDistribution]) -> FrozenTrial | None:
    params = plan.params(trial.recorded)
    if params is None:
        return None
    frozen = create_trial(
        state=trial.state,
        params=params,
        distributions={name: distributions[name] for name in params},
        values=trial.values or None,
        intermediate_values=dict(trial.steps),
        constraints={each.text: over for each, over in zip(plan.constraints, trial.excess, strict=False)},
        user_attrs={"run_id": trial.run_id, **({"reason": trial.reason} if trial.reason else {})},
    )
    frozen.datetime_start, frozen.datetime_complete = _time(trial.start), _time(trial.end)
    return frozen


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000)  # local and without a zone, as Optuna keeps times
