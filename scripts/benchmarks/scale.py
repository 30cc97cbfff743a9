"""What a study costs its driver and the tracking server as it grows, with trials that do nothing.

    scripts/bench scale [trials, several numbers]

Prints for each number of trials (10, 100, 1,000 and 5,000): what the driver spends on a trial, its memory, how long it
takes to resume the study, with random trials and a local database, and how much longer with the report; what one more
tpe ask takes by then (not measured for more than 5,000 trials: it takes as long as all of them together); then, with 32
children at once on an `mlflow server`, how much of a core the driver takes and how many requests a trial makes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from scripts.benchmarks.resume import PORT, serve
from steps.tuning import space
from steps.tuning.search.search import Outcome, Search
from tests.e2e.tools import copy_project

SIZES = (10, 100, 1000, 5000)
AT_ONCE = 32
# Asks over which the last ones' cost is averaged.
LAST = 20
SCRIPT = """import argparse, os, time
from mlflow.tracking import MlflowClient

words = argparse.ArgumentParser()
words.add_argument("--x", type=float)
words.add_argument("--seconds", type=float)
options = words.parse_args()
time.sleep(options.seconds)
MlflowClient().log_metric(os.environ["MLFLOW_RUN_ID"], "loss", options.x)
"""
STANZA = """
  nothing:
    parameters:
      x: {type: float, default: 0}
      seconds: {type: float, default: 0}
    command: "python nothing.py --x {x} --seconds {seconds}"
"""
SPACE = "x: {type: float, low: 0, high: 1}\ny: {type: float, low: 0, high: 1}\n"
STUDY = {
    "entry_point": "nothing", "objective": "loss", "direction": "minimize", "champion": "false", "report": "false",
}  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """A study's loop: seconds, CPU seconds of the driver, its memory in MB; and the seconds of the whole command."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    command_s: float


def main(*sizes: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = project_in(folder)
        uri = f"sqlite:///{folder}/mlflow.db"
        MlflowClient(uri).search_experiments()  # the tables are made before any clock runs
        columns = ("driver, CPU ms", "all, ms", "memory, MB", "resume, s", "MB then", "report, s", "tpe ask, ms")
        print(f"{'trials':>8}" + "".join(f"{column:>16}" for column in columns))
        for trials in sizes or SIZES:
            words = {"study": f"of {trials}", "n_trials": trials, "sampler": "random", "jobs": 2}
            loop = tune(project, uri, words)
            again = tune(project, uri, words)
            shown = tune(project, uri, words | {"report": "true"})
            costs = (1000 * loop.cpu_s / trials, 1000 * loop.wall_s / trials, loop.memory_mb)
            grown = (again.command_s, shown.memory_mb, shown.command_s - again.command_s)
            ask = [_ask_ms(trials)] if trials <= max(SIZES) else []
            print(f"{trials:>8}" + "".join(f"{value:>16.1f}" for value in (*costs, *grown, *ask)), flush=True)
        _at_once(project, folder)


def project_in(folder: Path) -> Path:
    """Copy this project, and give it an entry point that does nothing."""
    project = copy_project(folder / "project")
    (project / "nothing.py").write_text(SCRIPT)
    (project / "nothing.yaml").write_text(SPACE.partition("y:")[0])
    with (project / "MLproject").open("a") as file:
        file.write(STANZA)
    return project


def tune(project: Path, uri: str, words: Mapping[str, object], space_file: str = "nothing.yaml") -> Loop:
    parameters = {**STUDY, "space": project / space_file, **words}
    command = [sys.executable, "-m", "scripts.benchmarks.clocked", *(f"--{name}={v}" for name, v in parameters.items())]
    env = {**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    began = time.monotonic()
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    if done.returncode:
        raise SystemExit(done.stderr)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Loop(**measured, command_s=seconds)


def _ask_ms(trials: int) -> float:
    """Ask and tell without any child; return what the last asks took."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "space.yaml").write_text(SPACE)
        search = Search(
            space.load(f"{name}/space.yaml").for_task("classification"), sampler="tpe", seed=0, window=4,
            directions=["minimize"],
        )  # fmt: skip
    took = []
    for number in range(trials):
        began = time.perf_counter()
        _, params = search.ask()
        took.append(time.perf_counter() - began)
        search.settle(number, Outcome(TrialState.COMPLETE, (params["x"] ** 2 + params["y"],)))
    return 1000 * sum(took[-LAST:]) / len(took[-LAST:])


def _at_once(project: Path, folder: Path) -> None:
    """Run trials of some seconds, 32 at a time, on a server."""
    (project / "slow.yaml").write_text(SPACE.partition("y:")[0] + "seconds: 3\n")
    words = {"study": "wide", "n_trials": 4 * AT_ONCE, "sampler": "random", "jobs": AT_ONCE, "window": AT_ONCE}
    with server(f"sqlite:///{folder}/server.db", folder / "server.txt") as uri:
        loop = tune(project, uri, words, "slow.yaml")
        requests = (folder / "server.txt").read_text().count("/api/2.0/mlflow/")
    print(
        f"{AT_ONCE} at once on a server: the driver takes {loop.cpu_s / loop.wall_s:.2f} of a core, "
        f"{1000 * loop.cpu_s / (4 * AT_ONCE):.0f} ms a trial; {requests / (4 * AT_ONCE):.1f} requests a trial"
    )


@contextmanager
def server(store: str, log: Path) -> Iterator[str]:
    process = serve(store, log)
    try:
        yield f"http://127.0.0.1:{PORT}"
    finally:
        os.killpg(process.pid, 9)
        process.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
