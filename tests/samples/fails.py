"""A training that ends as it is told: python fails.py --how exception."""

import ctypes
import os
import signal
import subprocess
import sys
import time

from mlflow.tracking import MlflowClient


def log(value: object) -> None:
    """Log the objective."""
    MlflowClient().log_metric(os.environ["MLFLOW_RUN_ID"], "loss", value)  # type: ignore[arg-type]


def end(how: str) -> None:
    """End in one of many ways."""
    if how == "exception":
        raise ValueError("boom")
    if how == "sys.exit":
        sys.exit(3)
    if how == "message":
        sys.exit("no such luck")
    if how == "segfault":
        ctypes.string_at(0)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "unreachable":
        sys.exit(75)
    if how == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
    if how != "no objective":
        log({"nan": float("nan"), "infinite": float("inf"), "text": "much"}.get(how, 0.5))
    if how == "stray":
        subprocess.Popen(["sleep", "1000"])


if __name__ == "__main__":
    for number in range(30):
        print(f"line {number}", file=sys.stderr)
    sys.stderr.flush()
    end(sys.argv[2])
