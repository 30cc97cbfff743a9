"""One patch of speed on Optuna: many trials are written into its database at once.

`RDBStorage` takes trials one by one, and each costs it a dozen statements and a commit: 10,000 trials with one
parameter take 50 s, and with more parameters longer. Optuna has nothing public that takes many. Here the same rows are
written table by table, which takes 2 s. It fits the tables of Optuna 5.0 (`SCHEMA_VERSION` 12); into others, trials are
written one by one. tests/patches/test_optuna.py compares the rows.
"""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial

from steps.patches import speed_wanted

_SCHEMA_VERSION = 12
# Trials between two calls of `told`: as many take a second or two one by one.
_TOLD_EVERY, _TOLD_EVERY_OF_MANY = 100, 5000
_Rows = dict[Any, list[dict[str, Any]]]


def add_trials(
    study: optuna.Study, storage: RDBStorage, trials: Sequence[FrozenTrial], told: Callable[[int], None]
) -> None:
    """Add ended trials to a study that has none; `told` is told now and then how many are done."""
    at_once = speed_wanted() and models.SCHEMA_VERSION == _SCHEMA_VERSION
    step = _TOLD_EVERY_OF_MANY if at_once else _TOLD_EVERY
    for done in range(0, len(trials), step):
        told(done)
        if at_once:
            _write(storage, storage.get_study_id_from_name(study.study_name), trials[done : done + step], done)
        else:
            study.add_trials(trials[done : done + step])


def _write(storage: RDBStorage, study_id: int, trials: Sequence[FrozenTrial], first: int) -> None:
    as_json = cache(distribution_to_json)
    rows: _Rows = {}
    for number, trial in enumerate(trials, start=first):
        _add_rows(rows, study_id, number, trial, as_json)
    with storage.engine.begin() as connection:
        for model, of_model in rows.items():
            connection.execute(model.__table__.insert(), of_model)


def _add_rows(
    rows: _Rows, study_id: int, number: int, trial: FrozenTrial, as_json: Callable[[BaseDistribution], str]
) -> None:
    """Add the rows of a trial, table by table."""
    of_trial = {"trial_id": number + 1}  # the database counts from 1

    def add(model: Any, **columns: Any) -> None:
        rows.setdefault(model, []).append(of_trial | columns)

    times = {"datetime_start": trial.datetime_start, "datetime_complete": trial.datetime_complete}
    add(models.TrialModel, number=number, study_id=study_id, state=trial.state, **times)
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        add(models.TrialValueModel, objective=objective, value=stored, value_type=kind)
    for name, value in trial.params.items():
        distribution = trial.distributions[name]
        internal = distribution.to_internal_repr(value)
        add(models.TrialParamModel, param_name=name, param_value=internal, distribution_json=as_json(distribution))
    for key, value in trial.user_attrs.items():
        add(models.TrialUserAttributeModel, key=key, value_json=json.dumps(value))
    for key, value in trial.system_attrs.items():
        add(models.TrialSystemAttributeModel, key=key, value_json=json.dumps(value))
    for step, value in trial.intermediate_values.items():
        stored, of_step = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
        columns = {"intermediate_value": stored, "intermediate_value_type": of_step}
        add(models.TrialIntermediateValueModel, step=step, **columns)
