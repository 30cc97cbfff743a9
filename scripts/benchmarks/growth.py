"""What a start costs where much is on record: a study of many trials, and an experiment of many studies.

    scripts/bench growth [trials] [studies]

A small study runs; then its rows in the database are copied, until there is a study of 10,000 trials, or an experiment
of 200 studies. The study is resumed, which takes its trials for its own, each with the parameters that the sampler
draws; then once more with the report. In the experiment a new study of one trial is started three times, before and
after; the least of the three counts.
"""

import json
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from scripts.benchmarks.scale import project_in, tune
from steps.names import Tag
from steps.tuning import space
from steps.tuning.search.search import Outcome, Search

_SMALL, _TRIES = 40, 3
_TABLES = ("runs", "tags", "params", "metrics", "latest_metrics")
_Row = dict[str, Any]


def main(trials: int = 10_000, studies: int = 200) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        project = project_in(Path(name))
        _one_study(project, Path(name) / "one.db", trials)
        _many_studies(project, Path(name) / "many.db", studies)


def _one_study(project: Path, database: Path, trials: int) -> None:
    uri = _made(database)
    words = {"study": "big", "sampler": "random", "jobs": 2}
    tune(project, uri, words | {"n_trials": _SMALL})
    with closing(sqlite3.connect(database)) as connection:
        (model,) = (run for run in _runs(connection) if _tags(connection, run).get(Tag.TRIAL) == str(_SMALL - 1))
        for number, params in enumerate(_drawn(project, trials)):
            if number >= _SMALL:
                _copy(connection, [model], partial(_as_trial, number=number, params=params))
        connection.commit()
    again = tune(project, uri, words | {"n_trials": trials})
    shown = tune(project, uri, words | {"n_trials": trials, "report": "true"})
    print(
        f"{trials} trials on record: resumed in {again.command_s:.1f} s, with {again.memory_mb:.0f} MB; "
        f"the report takes {shown.command_s - again.command_s:.1f} s more",
        flush=True,
    )


def _many_studies(project: Path, database: Path, studies: int) -> None:
    uri = _made(database)
    tune(project, uri, {"study": "small", "sampler": "random", "jobs": 2, "n_trials": 20})
    with closing(sqlite3.connect(database)) as connection:
        runs = _runs(connection)
    before = _start_s(project, uri, "before")
    with closing(sqlite3.connect(database)) as connection:
        for number in range(studies):
            _copy(connection, runs, partial(_as_another_study, study=f"small-{number}"))
        connection.commit()
    after = _start_s(project, uri, "after")
    print(f"{studies} studies of 20 trials on record: a start takes {after:.1f} s, before that {before:.1f} s")


def _made(database: Path) -> str:
    uri = f"sqlite:///{database}"
    MlflowClient(uri).search_experiments()
    return uri


def _start_s(project: Path, uri: str, name: str) -> float:
    words = {"n_trials": 1, "sampler": "random", "jobs": 2}
    return min(tune(project, uri, words | {"study": f"{name}-{number}"}).command_s for number in range(_TRIES))


def _drawn(project: Path, trials: int) -> Iterable[_Row]:
    """Yield the parameters that the study's sampler draws."""
    searched = space.load(str(project / "nothing.yaml")).for_task("classification")
    search = Search(searched, sampler="random", seed=42, window=4, directions=["minimize"])
    for number in range(trials):
        _, params = search.ask()
        search.settle(number, Outcome(TrialState.COMPLETE, (params["x"],)))
        yield params


def _runs(connection: sqlite3.Connection) -> list[str]:
    return [run for (run,) in connection.execute("SELECT run_uuid FROM runs")]


def _tags(connection: sqlite3.Connection, run: str) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run,)))


def _copy(connection: sqlite3.Connection, runs: list[str], change: Callable[[str, _Row], None]) -> None:
    """Copy some runs with all that belongs to them; `change` changes each row, by its table."""
    ids = {run: uuid.uuid4().hex for run in runs}
    for run in runs:
        for table in _TABLES:
            cursor = connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run,))
            columns = [column[0] for column in cursor.description]
            for values in cursor.fetchall():
                row = {key: ids.get(value, value) for key, value in zip(columns, values, strict=True)}
                change(table, row)
                marks = ", ".join("?" * len(columns))
                connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", [*row.values()])


def _as_trial(table: str, row: _Row, number: int, params: _Row) -> None:
    """Make a row that of another trial, which came later."""
    metrics = {"trial": float(number), "loss": params["x"]}
    values: dict[str, dict[str, Any]] = {
        "tags": {Tag.TRIAL: str(number), Tag.PARAMS: json.dumps(params)},
        "params": {key: str(value) for key, value in params.items()},
        "metrics": metrics,
        "latest_metrics": metrics,
    }
    if table == "runs":
        row["name"] = f"trial {number}"
        row["start_time"], row["end_time"] = row["start_time"] + number, row["end_time"] + number
    else:
        row["value"] = values[table].get(row["key"], row["value"])


def _as_another_study(table: str, row: _Row, study: str) -> None:
    if table == "tags" and row["key"] == Tag.STUDY:
        row["value"] = study


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
