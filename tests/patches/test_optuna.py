"""Many trials in Optuna's database at once: the very rows that Optuna writes one by one, in a fraction of the time."""

import math
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState, create_trial

from steps.names import Variable
from steps.patches import optuna as patch
from tests.waits import promised

BEGAN = datetime(2026, 1, 2, 3, 4, 5, 678000)
SEARCHED: dict[str, BaseDistribution] = {
    "x": FloatDistribution(1e-3, 1, log=True),
    "n": IntDistribution(1, 9, step=2),
    "kind": CategoricalDistribution(("a", "b")),
}


def trial(number: int, state: TrialState = TrialState.COMPLETE, params: int = 3) -> FrozenTrial:
    """A trial of two objectives, with all that a trial may have on record; an odd one failed or was pruned."""
    scored = state == TrialState.COMPLETE
    values = {"x": 0.5, "n": 3, "kind": "ab"[number % 2]}
    made = create_trial(
        state=state,
        params=dict(list(values.items())[:params]),
        distributions=dict(list(SEARCHED.items())[:params]),
        values=[0.25, -math.inf] if scored else None,
        intermediate_values={} if scored else {0: 0.5, 3: math.nan, 4: math.inf, 5: -math.inf},
        constraints={"cpu_s<=1": -0.5} if scored else None,
        user_attrs={"run_id": f"run {number}", "reason": "wäre 'gut'"},
    )
    made.datetime_start = BEGAN + timedelta(seconds=number)
    made.datetime_complete = made.datetime_start + timedelta(seconds=1)
    return made


TRIALS = [trial(0), trial(1, TrialState.FAIL, 1), trial(2, TrialState.PRUNED, 0), trial(3)]


def written(folder: Path, name: str, trials: list[FrozenTrial], told: list[int]) -> list[str]:
    """Write trials to a database; return all that is in it."""
    path = folder / f"{name}.db"
    storage = RDBStorage(f"sqlite:///{path}")
    study = optuna.create_study(study_name="s", directions=["maximize", "minimize"], storage=storage)
    patch.add_trials(study, storage, trials, told.append)
    assert [len(t.params) for t in study.trials] == [len(t.params) for t in trials]
    storage.engine.dispose()
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("other", ["switched off", "another schema"])
def test_the_rows_are_those_of_optuna_itself(other, tmp_path, monkeypatch):
    """Every table, every column; one by one where patches are switched off, or Optuna's tables are others."""
    monkeypatch.delenv(Variable.PATCHES, raising=False)
    monkeypatch.setattr(patch, "_TOLD_EVERY_OF_MANY", 3)
    told: list[int] = []
    at_once = written(tmp_path, "at_once", TRIALS, told)
    assert told == [0, 3]
    if other == "switched off":
        monkeypatch.setenv(Variable.PATCHES, "off")
    else:
        monkeypatch.setattr(models, "SCHEMA_VERSION", 13)
    monkeypatch.setattr(patch, "_write", None)
    assert written(tmp_path, "one by one", TRIALS, told) == at_once


def test_thousands_of_trials_take_a_second(tmp_path, monkeypatch):
    """Which take Optuna half a minute: this fails if the patch no longer fits."""
    monkeypatch.delenv(Variable.PATCHES, raising=False)
    assert models.SCHEMA_VERSION == 12
    storage = RDBStorage(f"sqlite:///{tmp_path}/s.db")
    study = optuna.create_study(study_name="s", directions=["maximize", "minimize"], storage=storage)
    trials = [trial(number) for number in range(2000)]
    with promised(3):
        patch.add_trials(study, storage, trials, lambda done: None)
    assert len(study.trials) == 2000
