"""One of the workers that share an Optuna study by its database, with heartbeats, as Optuna's documentation has it.

    python -m scripts.benchmarks.contenders.optuna_worker <database> <seed>

Several are started with the same database. Each ends once the study has as many complete trials as it is to have. A
trial whose heartbeat is missing is failed by whoever begins the next one, and queued again.
"""

import sys
import warnings

import optuna
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import MaxTrialsCallback

from scripts.benchmarks.contenders import trial
from scripts.benchmarks.contenders.outcome import TRIALS

STUDY = "faults"
# A minute and two in Optuna's example: too long beside trials of two seconds.
HEARTBEAT_S = 1
GRACE_S = 4


def storage(database: str) -> RDBStorage:
    """Open the study's database."""
    with warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning):
        return RDBStorage(
            f"sqlite:///{database}", heartbeat_interval=HEARTBEAT_S, grace_period=GRACE_S,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )  # fmt: skip


def main(database: str, seed: str) -> None:
    """Work until the study is complete."""
    study = optuna.create_study(
        storage=storage(database), study_name=STUDY, load_if_exists=True, direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=int(seed)),
    )  # fmt: skip
    study.optimize(_objective, callbacks=[MaxTrialsCallback(TRIALS)])


def _objective(asked: optuna.Trial) -> float:
    bounds = trial.LOW, trial.HIGH
    return trial.run(asked.suggest_float("x", *bounds), asked.suggest_float("y", *bounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
