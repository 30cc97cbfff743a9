"""The files beside the page: the trials as a table, the best parameters, the study for Optuna's own tools."""

import csv
import io
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import yaml
from optuna.storages import RDBStorage

from steps.parameters import declared
from steps.parameters.settings import TrainSettings
from steps.parameters.values import encode
from steps.tuning.report.study_record import StudyRecord, study_of

TRIALS, BEST, STUDY = "trials.csv", "best.yaml", "study.db"


def trials_csv(found: StudyRecord) -> str:
    """Write a line for each trial: number, state, objectives, hyperparameters, start, seconds, run, reason."""
    objectives = [objective.name for objective in found.plan.objectives]
    params = list(dict.fromkeys(name for trial in found.trials for name in trial.recorded))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["trial", "state", *objectives, *params, "start_ms", "seconds", "run_id", "reason"])
    for trial in found.trials:
        values = [repr(value) for value in trial.values] or [""] * len(objectives)
        given = [encode(trial.recorded[name]) if name in trial.recorded else "" for name in params]
        last = [trial.start, f"{trial.seconds:.3f}", trial.run_id, trial.reason]
        table.writerow([trial.number, trial.state.name, *values, *given, *last])
    return text.getvalue()


def best_yaml(found: StudyRecord) -> str:
    """Write the best trial's parameters, each as `-P` takes it; nothing where there is no best one."""
    best = found.best
    if best is None:
        return ""
    spelled, recorded = found.plan.entry.spelled, best.recorded.items()
    job = found.plan.job(best.number, found.plan.params(best.recorded) or {})
    given: dict[str, Any] = {"estimator": job.estimator} if job.estimator else {}
    given |= {spelled(name): _as_given(value) for name, value in recorded if name != "estimator"}
    command = ["mlflow", "run", ".", "-e", found.plan.entry.name]
    for name, value in {**_shared(found), **given}.items():
        command += ["-P", f"{name}={value}"]
    said = f"# The best trial of study {found.name}: trial {best.number}, {best.values[0]!r}."
    return "\n".join([said, f"# {shlex.join(command)}", yaml.safe_dump(given, sort_keys=False, allow_unicode=True)])


def _as_given(value: object) -> object:
    """Return what is written as `-P` takes it: numbers as they are, all else as the word that it travels as."""
    return value if type(value) in (int, float) else encode(value)


def _shared(found: StudyRecord) -> dict[str, str]:
    defaults = declared.words(TrainSettings())
    shared = found.plan.entry.shared(found.plan.settings)
    return {key: word for key, word in shared.items() if defaults[key] != word}


def study_db(found: StudyRecord, folder: Path) -> Path:
    """Make a database of Optuna's own with the study in it."""
    path = folder / STUDY

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA synchronous = OFF")  # if the power goes, so does the whole file
        return connection

    storage = RDBStorage(f"sqlite:///{path}", engine_kwargs={"creator": connect})
    study_of(found, storage)
    storage.engine.dispose()
    return path
