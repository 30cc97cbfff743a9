"""The trial of every contender: seconds of sleep, then a cheap function of two numbers.

    python trial.py --x 0.5 --y -1.0

notes its beginning and end in the file that FAULTS_EXECUTIONS names, and logs `loss` to the MLflow run that it is in.
Other environments import `run` from here, so the top of this file needs the standard library alone.
"""

import argparse
import os
import time

EXECUTIONS = "FAULTS_EXECUTIONS"  # the environment variable: a path
SECONDS = 2.0
LOW, HIGH = -5.0, 5.0


def run(x: float, y: float) -> float:
    """Sleep, and return the score; leave a line before and a line after."""
    _note("began", x, y)
    time.sleep(SECONDS)
    loss = (x - 1.0) ** 2 + (y + 2.0) ** 2 + 0.1 * x * y
    _note("ended", x, y)
    return loss


def _note(what: str, x: float, y: float) -> None:
    """Append a line by one write, which several processes may do at once."""
    file = os.open(os.environ[EXECUTIONS], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, f"{what} {os.getpid()} {x!r} {y!r}\n".encode())
    finally:
        os.close(file)


def main() -> None:
    """Run as a script whose objective MLflow has."""
    from mlflow.tracking import MlflowClient

    words = argparse.ArgumentParser()
    words.add_argument("--x", type=float, required=True)
    words.add_argument("--y", type=float, required=True)
    options = words.parse_args()
    MlflowClient().log_metric(os.environ["MLFLOW_RUN_ID"], "loss", run(options.x, options.y))


if __name__ == "__main__":
    main()
