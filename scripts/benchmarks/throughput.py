"""Seconds that many trials take which only sleep for one, 16 at a time: on a local database, and on a server.

    scripts/bench throughput [trials] [jobs]

1,000 such trials would take 62.5 s if nothing else took any time. Prints what the study's loop took, how much that is
above, the driver's share of a core, and how busy the machine was before: the number is worth something only if that is
near 0. In its own documentation Ray Tune has 715 s for 10,000 such trials on 16 CPUs, 14 % above their 625 s:
https://docs.ray.io/en/latest/tune/tutorials/tune-scalability.html
"""

import os
import sys
import tempfile
from pathlib import Path

from mlflow.tracking import MlflowClient

from scripts.benchmarks.scale import SPACE, Loop, project_in, server, tune


def main(trials: int = 1000, jobs: int = 16) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = project_in(folder)
        (project / "sleep.yaml").write_text(SPACE.partition("y:")[0] + "seconds: 1\n")
        words = {"n_trials": trials, "sampler": "random", "jobs": jobs, "window": jobs, "baseline": "false"}
        uri = f"sqlite:///{folder}/mlflow.db"
        MlflowClient(uri).search_experiments()  # the tables are made before any clock runs
        print(f"{trials} trials of a second, {jobs} at a time: {trials / jobs:.1f} s if nothing else took any time")
        print(f"{os.cpu_count()} cores; a load of {os.getloadavg()[0]:.1f} before")
        _say("sqlite", tune(project, uri, words, "sleep.yaml"), trials / jobs)
        with server(f"sqlite:///{folder}/server.db", folder / "server.txt") as address:
            _say("mlflow server on sqlite", tune(project, address, words, "sleep.yaml"), trials / jobs)


def _say(store: str, loop: Loop, ideal_s: float) -> None:
    above = 100 * (loop.wall_s / ideal_s - 1)
    share = loop.cpu_s / loop.wall_s
    print(f"{store:<24} {loop.wall_s:>7.1f} s, {above:.0f} % above; the driver takes {share:.2f} of a core", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
