"""Seconds until a study of many trials has been resumed, from a local file and through an `mlflow server`.

    scripts/bench resume [trials]

Runs the study once, then starts the same command again, which finds nothing left to do; and again through a server.
The whole command is timed, the start of the interpreter and all imports included.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from mlflow.tracking import MlflowClient

ROOT = Path(__file__).resolve().parent.parent.parent
PORT = 5123
STUDY = {"data": "iris", "space": "knn", "folds": 1, "study": "resumed", "window": 8, "jobs": 4}


def main(trials: int = 1000) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        uri = f"sqlite:///{folder}/mlflow.db"
        os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient(uri).search_experiments()
        print(f"{trials} TPE trials run in {_tune(uri, trials):.1f} s", flush=True)
        print(f"resumed from sqlite in {_tune(uri, trials):.1f} s", flush=True)
        server = serve(uri)
        try:
            print(f"resumed through a server in {_tune(f'http://127.0.0.1:{PORT}', trials):.1f} s", flush=True)
        finally:
            os.killpg(server.pid, 9)
            server.wait()


def _tune(uri: str, trials: int) -> float:
    words = [f"--{name}={value}" for name, value in {**STUDY, "n_trials": trials}.items()]
    env = {**os.environ, "MLFLOW_TRACKING_URI": uri}
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "steps.tune", *words], cwd=ROOT, env=env, check=True, capture_output=True)
    return time.monotonic() - began


def serve(uri: str, log: Path = Path(os.devnull)) -> "subprocess.Popen[bytes]":
    """Start an `mlflow server` that leads a session of its own; returns once it answers."""
    words = ["mlflow", "server", "--backend-store-uri", uri, "--port", str(PORT), "--workers", "1"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # else nine more processes
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *words],
            env={**os.environ, **quiet},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2):
            return server
        time.sleep(0.1)
    raise SystemExit("mlflow server did not start")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
