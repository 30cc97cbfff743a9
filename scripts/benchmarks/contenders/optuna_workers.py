"""Optuna alone: two worker processes that share a study by its database, with heartbeats."""

from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from scripts.benchmarks.contenders import optuna_worker
from scripts.benchmarks.contenders.contender import Contender
from scripts.benchmarks.contenders.outcome import AT_ONCE, Essence, Trial
from tests.host import ROOT


class OptunaWorkers(Contender):
    """Each worker drives the study, executes its trials itself, and is a node of its own."""

    name = "Optuna's heartbeat"
    resumed_by = "the workers, started again"

    def prepare(self) -> None:
        self.place.extra["PYTHONPATH"] = str(ROOT)
        optuna_worker.storage(str(self.database))  # the tables are made before

    def commands(self, *, resumed: bool) -> list[list[str]]:
        module = optuna_worker.__name__
        return [[str(self.python), "-m", module, str(self.database), str(seed)] for seed in range(AT_ONCE)]

    @property
    def database(self) -> Path:
        return self.disk / "optuna.db"

    def drivers(self) -> list[int]:
        return self.groups()

    def running(self) -> int:
        return sum(trial.state is TrialState.RUNNING for trial in self._trials())

    def essence(self) -> Essence:
        return [
            Trial(trial.number, trial.params, trial.value)
            for trial in self._trials()
            if trial.state is TrialState.COMPLETE and trial.value is not None
        ]

    def _trials(self) -> list[FrozenTrial]:
        storage = optuna_worker.storage(str(self.database))
        return optuna.load_study(study_name=optuna_worker.STUDY, storage=storage).get_trials(deepcopy=False)
