"""The files beside the page: the trials as a table, the best parameters, the study for Optuna's own tools."""

import csv
import io
import shlex
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from optuna.storages import RDBStorage

from steps.names import Artifact
from steps.parameters.values import encode
from steps.tuning.champion import contest
from steps.tuning.report.optuna_study import as_optuna_study
from steps.tuning.report.study_record import StudyRecord


def trials_csv(record: StudyRecord) -> str:
    """Write one line per trial: number, state, objectives, hyperparameters, start, seconds, run, reason.

    If the study has constraints, each trial with a score is feasible or not.
    """
    objectives = [objective.name for objective in record.plan.objectives]
    params = list(dict.fromkeys(name for trial in record.trials for name in trial.recorded))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    feasible = ["feasible"] if record.plan.constraints else []
    table.writerow(["trial", "state", *objectives, *feasible, *params, "start_ms", "seconds", "run_id", "reason"])
    for trial in record.trials:
        values = [repr(value) for value in trial.values] or [""] * len(objectives)
        tried = [encode(trial.recorded[name]) if name in trial.recorded else "" for name in params]
        last = [trial.start, f"{trial.seconds:.3f}", trial.run_id, trial.reason]
        table.writerow([trial.number, trial.state.name, *values, *record.feasibility(trial), *tried, *last])
    return text.getvalue()


def best_yaml(record: StudyRecord) -> str:
    """Write the best trial's parameters, or the champion's, as `-P` takes each; nothing without a best trial."""
    best, winner = record.best, record.winner
    if best is None or winner is None:
        return ""
    entry, job = record.plan.entry, winner.job
    parameters: dict[str, Any] = {"estimator": job.estimator} if job.estimator else {}
    # As `-P` takes each: numbers as they are, all else as a word.
    parameters |= {
        entry.spelled(name): value if type(value) in (int, float) else entry.word(value)
        for name, value in job.hyperparameters.items()
    }
    command = ["mlflow", "run", *record.plan.project.words, "-e", entry.name]
    for name, value in {**_shared(record), **parameters}.items():
        command += ["-P", f"{name}={value}"]
    title = f"# The best trial of study {record.name}: trial {best.number}, {best.values[0]!r}."
    if job.number != best.number:
        name = contest.name_of(job, record.plan)
        title = f"# The champion of study {record.name}: {name}, {winner.value!r}; the best trial, {best.number}, has "
        title += f"{best.values[0]!r}."
    text = yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True) if parameters else "{}  # no parameter\n"
    return "\n".join([title, f"# {shlex.join(command)}", text])


def _shared(record: StudyRecord) -> dict[str, str]:
    """Return the parameters that all trials share, those that differ from the entry point's defaults."""
    entry = record.plan.entry
    shared = entry.shared(record.plan.settings)
    return {key: word for key, word in shared.items() if entry.parameters[key] != word}


def study_db(record: StudyRecord, folder: Path, step: Callable[[str], None] = lambda _: None) -> Path:
    """Write the study to a database that Optuna's own tools open. `step` is told how far it is."""
    path = folder / Artifact.STUDY_DB

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute("PRAGMA synchronous = OFF")  # a power cut would lose the temporary file anyway
        return connection

    storage = RDBStorage(f"sqlite:///{path}", engine_kwargs={"creator": connect})
    as_optuna_study(
        record, storage, lambda done: step(f"{Artifact.STUDY_DB} has {done} of {len(record.trials)} trials")
    )
    storage.engine.dispose()
    return path
