"""Seconds a trial on a mixed table: each fold prepared by every trial, and once for the whole study.

    scripts/bench mixed [rounds] [trials]

The table has 800 rows: numbers with gaps, categories, texts, dates. All in one run, interleaved; only the ratios mean
anything elsewhere: the medians, the least and the greatest of those that each round has. Both studies of a round have
the same scores to the last bit, or this fails.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient

ROOT = Path(__file__).resolve().parent.parent.parent
SPACES = ("automl", "linear", "knn")
ROWS = 800
Scores = list[float]


def main(rounds: int = 3, trials: int = 20) -> None:
    """Measure and print."""
    print(f"{trials} trials of 5 folds, {ROWS} rows; medians of {rounds} rounds (least to greatest)")
    print(f"{'space':<10} {'by every trial, s':>18} {'once, s':>10} {'ratio':>22}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient().search_experiments()  # the tables are made before any clock runs
        path = Path(folder) / "mixed.csv"
        table().to_csv(path, index=False)
        for space in SPACES:
            by_each, once, ratios = [], [], []
            for _ in range(rounds):
                seconds, scores = study("scripts.benchmarks.unprepared", space, path, trials)
                by_each.append(seconds)
                seconds, same = study("steps.tune", space, path, trials)
                once.append(seconds)
                assert scores == same, (scores, same)
                ratios.append(once[-1] / by_each[-1])
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            print(
                f"{space:<10} {statistics.median(by_each):>18.2f} {statistics.median(once):>10.2f} {ratio:>22}",
                flush=True,
            )


def table() -> pd.DataFrame:
    """Make a table that is as mixed as real ones are; its target depends on some of its columns."""
    rng = np.random.default_rng(0)
    days = pd.to_timedelta(rng.integers(0, 3000, ROWS), "D")
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 12, ROWS).round(1),
            "income": rng.lognormal(10, 0.5, ROWS).round(2),
            "visits": rng.poisson(3, ROWS),
            "balance": rng.normal(0, 1, ROWS).round(3),
            "city": rng.choice(["Leeds", "York", "Hull", "Bath", "Ely"], ROWS),
            "plan": rng.choice(["basic", "plus", "pro"], ROWS),
            "job": _joined(rng.choice(["clerk", "nurse", "lawyer"], ROWS), rng.integers(1, 30, ROWS)),
            "street": _joined(rng.integers(1, 200, ROWS), rng.choice(["High Street", "Mill Lane", "Park Row"], ROWS)),
            "since": (pd.Timestamp("2015-01-01") + days).strftime("%Y-%m-%d"),
        }
    )
    score = 0.05 * (frame["age"] - 40) + 0.3 * frame["visits"] + (frame["plan"] == "pro") + (frame["city"] == "York")
    frame["churned"] = np.where(score + rng.normal(0, 1, ROWS) > 1.3, "yes", "no")
    frame.loc[rng.random(ROWS) < 0.1, "age"] = np.nan
    frame.loc[rng.random(ROWS) < 0.05, "city"] = None
    return frame


def _joined(first: np.ndarray, second: np.ndarray) -> list[str]:
    return [f"{a} {b}" for a, b in zip(first, second, strict=True)]


def study(module: str, space: str, path: Path, trials: int) -> tuple[float, Scores]:
    """Run a study, one trial at a time; return its seconds from trial to trial, and the trials' scores."""
    words = {"data": path, "space": space, "n_trials": trials, "jobs": 1, "champion": "false", "report": "false"}
    command = [sys.executable, "-m", module, *(f"--{name}={value}" for name, value in words.items())]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    client = MlflowClient()
    parent = client.search_runs(["0"], "tags.`tuning.role` = 'study'", max_results=1)[0]
    runs = client.search_runs(
        ["0"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}' AND tags.`tuning.role` = 'trial'"
    )
    runs.sort(key=lambda run: int(run.data.tags["tuning.trial"]))
    first, last = min(run.info.start_time for run in runs), max(run.info.end_time for run in runs)
    return (last - first) / 1000 / trials, [run.data.metrics["cv_accuracy"] for run in runs]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
