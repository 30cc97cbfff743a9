"""A training that leaves processes behind: python strays.py HOW.

It first logs how many processes it finds that earlier trainings have left: each has a variable that says so, or its id
in the name of a file, if it was forked and never became another program.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from http.server import HTTPServer, SimpleHTTPRequestHandler
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
    return count + sum(Path("/proc", path.suffix[1:]).exists() for path in Path(tempfile.gettempdir()).glob("stray.*"))


def note(pid: int) -> None:
    """Leave the id of a process in the name of a file."""
    Path(tempfile.gettempdir(), f"stray.{pid}").touch()


def serve() -> None:
    """Be a daemon, as programs do that detach themselves, and serve pages for ever."""
    if os.fork() > 0:
        return
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    note(os.getpid())
    HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler).serve_forever()


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
        if how == "server":  # in the session of its trial, and nobody waits for it
            start(sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1", start_new_session=False)
        if how == "double fork":
            serve()
        if how == "manager":
            manager = multiprocessing.get_context("fork").Manager()
            manager.list([1])
            note(multiprocessing.active_children()[0].pid or 0)
        if how == "pool":
            os.environ["STRAY"] = os.environ["TEST_MARK"]
            pool = multiprocessing.get_context("spawn").Pool(2)
            pool.map(abs, range(2))
        while left() < (2 if how in ("server", "double fork", "manager") else 1):
            time.sleep(0.01)
        mlflow.log_metric("loss", 9 if how == "pruned" else 0.5, step=0)
        if how == "exception":
            raise ValueError("boom")
        if how == "killed":
            os.kill(os.getpid(), 9)
        if how in ("pruned", "overdue"):
            time.sleep(1000)
    if how in ("pool", "manager"):
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
