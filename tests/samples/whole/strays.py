"""A training that leaves processes behind: python strays.py HOW.

It first logs how many processes it finds that earlier trainings have left: each has a variable that says so.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

STRAY = f"STRAY={os.environ['TEST_MARK']}"
# What a shell starts for a sleep that nobody waits for.
DAEMON = "(setsid sleep 600 &)"
STUBBORN = "trap '' HUP INT TERM; sleep 600"


def left() -> int:
    """Count the processes that have the variable."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # gone meanwhile
            count += STRAY.encode() in path.read_bytes().split(b"\0")
    return count


def start(*words: str, **options: object) -> None:
    """Start a process in a session of its own."""
    variables = {**os.environ, "STRAY": os.environ["TEST_MARK"]}
    subprocess.Popen(words, **{"env": variables, "start_new_session": True, **options})  # type: ignore[call-overload]


def main(how: str) -> None:
    """Leave something behind, and end as is asked for."""
    import mlflow

    with mlflow.start_run():
        mlflow.log_metric("left", left())
        start("sleep", "600")
        if how in ("daemon", "overdue"):  # with none of the variables of its trial
            start("bash", "-c", DAEMON, env={"STRAY": os.environ["TEST_MARK"]})
        if how == "stubborn":
            start("bash", "-c", STUBBORN)
        if how == "pool":
            os.environ["STRAY"] = os.environ["TEST_MARK"]
            pool = multiprocessing.get_context("spawn").Pool(2)
            pool.map(abs, range(2))
        while left() == 0:
            time.sleep(0.01)
        mlflow.log_metric("loss", 9 if how == "pruned" else 0.5, step=0)
        if how == "exception":
            raise ValueError("boom")
        if how == "killed":
            os.kill(os.getpid(), 9)
        if how in ("pruned", "overdue"):
            time.sleep(1000)
    if how == "pool":
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
