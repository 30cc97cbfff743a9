"""Seconds a trial and time to the first trial: this project against a plain Optuna loop over the same trials.

    scripts/bench speed [rounds] [trials]

All in one run, interleaved, on one machine, for 5-fold trials and for trials of one split: (a) the plain loop, which
also logs to MLflow, and two such processes on one journal file, which share the trials; (b) this project with jobs=1
and jobs=2, also with TUNING_PATCHES=off; (c) this project with backend=local. Only the ratios mean anything elsewhere:
the medians, the least and the greatest of those that each round has, of a trial and of all from the command to its end.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlflow.tracking import MlflowClient

from scripts.benchmarks.plain import study_in

ROOT = Path(__file__).resolve().parent.parent.parent
# Enough to tell 3 s from 0.1 s; each costs what dozens of others cost.
LOCAL_TRIALS = 8
Params = dict[str, int]
PLAIN = "(a) plain loop"


@dataclass(frozen=True)
class Measured:
    """One study: seconds a trial, seconds from the command to the first trial's start and to the end of it all."""

    per_trial: float
    first: float
    whole: float
    params: tuple[Params, ...] = ()


Rounds = dict[str, list[Measured]]


def main(rounds: int = 3, trials: int = 50) -> None:
    """Measure and print."""
    for folds, table in measure(rounds, trials):
        print(
            f"\n{trials} trials, {title(folds)}; medians of {rounds} rounds (least to greatest)\n{text(table)}",
            flush=True,
        )


def title(folds: int) -> str:
    """Say how a trial is scored."""
    return "one split" if folds == 1 else f"{folds} folds"


def measure(rounds: int, trials: int) -> Iterator[tuple[int, Rounds]]:
    """Yield for each kind of trial what each peer took in each round."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient().search_experiments()  # the tables are made before any clock runs
        for folds in (5, 1):
            table: Rounds = {}
            for _ in range(rounds):
                ours = study(folds, trials, jobs=2)
                measured_by_name = {
                    PLAIN: plain(folds, ours.params),
                    "(a) two on a journal": two_plain(folds, ours.params),
                    "(b) jobs=1": study(folds, trials, jobs=1),
                    "(b) jobs=2": ours,
                    "(b) jobs=2, off": study(folds, trials, jobs=2, patches="off"),
                    "(c) local, jobs=2": study(folds, LOCAL_TRIALS, jobs=2, backend="local"),
                }
                for name, measured in measured_by_name.items():
                    table.setdefault(name, []).append(measured)
            yield folds, table


def study(folds: int, trials: int, *, jobs: int, backend: str = "warm", patches: str = "on") -> Measured:
    """Run `mlflow run . -e tune` and read from MLflow when its trials started and ended."""
    variables = {**os.environ, "TUNING_PATCHES": patches}
    words = {"folds": folds, "n_trials": trials, "jobs": jobs, "backend": backend}
    command = [sys.executable, "-m", "mlflow", "run", ".", "-e", "tune", "--env-manager", "local"]
    for name, value in words.items():
        command += ["-P", f"{name}={value}"]
    began = time.time()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=variables)
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


def plain(folds: int, params: Sequence[Params], journal: Path | None = None) -> Measured:
    """Run the plain loop over a study's hyperparameters; with a journal, over half of those that wait in it."""
    began = time.time()
    words = [str(folds), *([str(journal), str(len(params) // 2)] if journal else [])]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.plain", *words],
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
    """Run two plain processes at once on one study in a journal file."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        journal = Path(folder) / "journal"
        waiting = study_in(str(journal))
        for one in params:
            waiting.enqueue_trial(one)
        halves = list(pool.map(partial(plain, folds, params), (journal, journal)))
    return Measured(*(max(getattr(half, field) for half in halves) for field in ("per_trial", "first", "whole")))


def text(table: Rounds) -> str:
    """Lay out medians, and the ratios to the plain loop of the same round."""
    lines = [f"{'':<21} {'s a trial':>10} {'ratio':>20} {'first trial, s':>15} {'whole study, s':>15} {'ratio':>20}"]
    for name, runs in table.items():
        per_trial, first, whole = (
            statistics.median(getattr(m, field) for m in runs) for field in ("per_trial", "first", "whole")
        )
        of_trials, of_all = (_ratios(runs, table[PLAIN], field) for field in ("per_trial", "whole"))
        lines.append(f"{name:<21} {per_trial:>10.3f} {of_trials:>20} {first:>15.2f} {whole:>15.1f} {of_all:>20}")
    return "\n".join(lines)


def _ratios(runs: Sequence[Measured], plain: Sequence[Measured], field: str) -> str:
    ratios = sorted(getattr(m, field) / getattr(base, field) for m, base in zip(runs, plain, strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
