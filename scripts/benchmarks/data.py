"""Memory of a study's processes on a big table: the highest sum of their PSS, against its bound.

    scripts/bench data [megabytes] [children]

Makes a table of numbers as a Parquet file, of float64 and of float32, and lets a tuner's process tree (the tuner, its
launcher and the children, all at a time) work on it: the table is read, and each child cross-validates. PSS counts a
page that n processes share as 1/n in each, so the sum is what the tree takes. The bound is twice the table in memory
plus 300 MB a child.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.tracking import MlflowClient

ROOT = Path(__file__).resolve().parent.parent.parent
COLUMNS = 100
MB = 1_000_000
A_CHILD_MB = 300
EVERY_S = 0.25
# Each row: the table's type, the estimator, its hyperparameters (small: what is measured is the data, not the model).
CASES = (
    ("float64", "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 2, "max_depth": 4}),
    ("float32", "sklearn.ensemble.RandomForestClassifier", {"n_estimators": 2, "max_depth": 4}),
    ("float64", "sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 5, "early_stopping": False}),
)


def main(megabytes: int = 1000, children: int = 4) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient().search_experiments()
        print(f"{children} children; MB\n{'':<42} {'table':>7} {'reading':>8} {'peak':>7} {'bound':>7} {'seconds':>8}")
        for kind, estimator, hyperparameters in CASES:
            path = Path(folder) / f"{kind}.parquet"
            table = make(path, kind, megabytes)
            began = time.monotonic()
            reading, peak = measure(path, children, {"estimator": estimator, **hyperparameters})
            bound = 2 * table + A_CHILD_MB * children
            name = f"{kind} {estimator.rpartition('.')[2]}"
            print(
                f"{name:<42} {table:>7.0f} {reading:>8.0f} {peak:>7.0f} {bound:>7.0f} {time.monotonic() - began:>8.0f}"
                f"  {'within' if max(peak, reading) <= bound else 'ABOVE'}",
                flush=True,
            )


def make(path: Path, kind: str, megabytes: int) -> float:
    """Write a table of this size in memory, of two classes; return its megabytes. One that is there is kept."""
    rows = megabytes * MB // (np.dtype(kind).itemsize * COLUMNS + 8)
    if not path.exists():
        draw = np.random.default_rng(0)
        frame = pd.DataFrame({f"x{n:02d}": draw.normal(size=rows).astype(kind) for n in range(COLUMNS)})
        frame["label"] = (frame["x00"] + frame["x01"] * frame["x02"] > 0).astype("int64")
        frame.to_parquet(path, compression=None)
    return float(rows * (np.dtype(kind).itemsize * COLUMNS + 8) / MB)


def measure(path: Path, children: int, parameters: dict[str, object]) -> tuple[float, float]:
    """Return the highest sum of PSS, in MB, while no child had begun, and while they worked."""
    words = [sys.executable, "-m", "scripts.benchmarks.children", str(path), str(children), json.dumps(parameters)]
    tuner = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    highest = {"reading": 0.0, "working": 0.0}
    os.set_blocking(tuner.stdout.fileno(), False)  # type: ignore[union-attr]
    phase = "reading"
    while tuner.poll() is None:
        if phase == "reading" and tuner.stdout is not None and tuner.stdout.readline():
            phase = "working"
        highest[phase] = max(highest[phase], sum(map(pss, tree(tuner.pid))))
        time.sleep(EVERY_S)
    assert tuner.returncode == 0
    return highest["reading"], highest["working"]


def tree(root: int) -> list[int]:
    """List a process and all below it."""
    below = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            below[int((entry / "stat").read_text().rpartition(")")[2].split()[1])].append(int(entry.name))
        except OSError:
            continue
    pids = [root]
    for pid in pids:
        pids += below[pid]
    return pids


def pss(pid: int) -> float:
    """Return a process's proportional set size in MB; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
