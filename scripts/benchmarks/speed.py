"""Seconds a trial and time to the first trial: this project against a plain Optuna loop over the same trials.

    scripts/bench speed [rounds] [trials]

All in one run, interleaved, on one machine, for 5-fold trials and for trials of one split: (a) the plain loop, which
also logs to MLflow, and two such loops at once, each with half of the trials: what the machine's second core is worth
at the time; (b) this project with jobs=1 and jobs=2; (c) this project with backend=local. Only the ratios mean anything
elsewhere. Medians over the rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlflow.tracking import MlflowClient

ROOT = Path(__file__).resolve().parent.parent.parent
# Enough to tell 3 s from 0.1 s; each costs what dozens of others cost.
LOCAL_TRIALS = 8
Params = dict[str, int]


@dataclass(frozen=True)
class Measured:
    """One study: seconds a trial, seconds from the command to the first trial's start and to the end of it all."""

    per_trial: float
    first: float
    whole: float
    params: tuple[Params, ...] = ()


def main(rounds: int = 3, trials: int = 50) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient().search_experiments()  # the tables are made before any clock runs
        for folds in (5, 1):
            table: dict[str, list[Measured]] = {}
            for _ in range(rounds):
                ours = study(folds, trials, jobs=2)
                found = {
                    "(a) plain loop": plain(folds, ours.params),
                    "(a) two at once": two_plain(folds, ours.params),
                    "(b) jobs=1": study(folds, trials, jobs=1),
                    "(b) jobs=2": ours,
                    "(c) local, jobs=2": study(folds, LOCAL_TRIALS, jobs=2, backend="local"),
                }
                for name, measured in found.items():
                    table.setdefault(name, []).append(measured)
            show(folds, trials, table)


def study(folds: int, trials: int, *, jobs: int, backend: str = "warm") -> Measured:
    """Run `mlflow run . -e tune` and read from MLflow when its trials started and ended."""
    words = {"folds": folds, "n_trials": trials, "jobs": jobs, "backend": backend}
    command = [sys.executable, "-m", "mlflow", "run", ".", "-e", "tune", "--env-manager", "local"]
    for name, value in words.items():
        command += ["-P", f"{name}={value}"]
    began = time.time()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    whole = time.time() - began
    client = MlflowClient()
    parent = client.search_runs(["0"], "tags.`tuning.role` = 'study'", max_results=1)[0]
    children = client.search_runs(
        ["0"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}' AND tags.`tuning.role` = 'trial'", max_results=5000
    )
    children.sort(key=lambda run: int(run.data.tags["tuning.trial"]))
    first = min(run.info.start_time for run in children) / 1000
    last = max(run.info.end_time for run in children) / 1000
    params = tuple(json.loads(run.data.tags["tuning.params"]) for run in children)
    return Measured((last - first) / trials, first - began, whole, params)


def plain(folds: int, params: Sequence[Params]) -> Measured:
    """Run the plain loop over a study's hyperparameters."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.plain", str(folds)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        input=json.dumps(params),
    )
    loop = json.loads(done.stdout.splitlines()[-1])["loop_s"]
    whole = time.time() - began
    return Measured(loop / len(params), whole - loop, whole)


def two_plain(folds: int, params: Sequence[Params]) -> Measured:
    """Run two plain loops at once, each over every other of the trials."""
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(partial(plain, folds), (params[::2], params[1::2])))
    per_trial, first, whole = (
        max(getattr(half, field) for half in halves) for field in ("per_trial", "first", "whole")
    )
    return Measured(per_trial / 2, first, whole)


def show(folds: int, trials: int, table: dict[str, list[Measured]]) -> None:
    """Print medians and their ratio to the plain loop."""
    print(
        f"\n{trials} trials, {'one split' if folds == 1 else f'{folds} folds'}; medians of {len(table['(b) jobs=1'])}"
    )
    print(f"{'':<20} {'s a trial':>10} {'ratio':>7} {'first trial, s':>15} {'whole study, s':>15}")
    base = statistics.median(m.per_trial for m in table["(a) plain loop"])
    for name, runs in table.items():
        per_trial, first, whole = (
            statistics.median(getattr(m, field) for m in runs) for field in ("per_trial", "first", "whole")
        )
        print(f"{name:<20} {per_trial:>10.3f} {per_trial / base:>7.2f} {first:>15.2f} {whole:>15.1f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
