"""A training that records what it sees of its process, before it imports anything that could change that."""

import gc
import json
import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
from pathlib import Path


def handler_of(number: signal.Signals) -> str:
    """Name what a signal does."""
    handler = signal.getsignal(number)
    return getattr(handler, "name", None) or getattr(handler, "__name__", None) or repr(handler)


def stream(file: object) -> list[object]:
    """Tell how a standard stream was opened."""
    return [getattr(file, name, None) for name in ("name", "mode", "encoding", "errors")]


def buffering(file: object) -> list[object]:
    """Tell when a standard stream writes."""
    return [getattr(file, name, None) for name in ("line_buffering", "write_through")]


names = set(globals())
FACTS = {
    "argv": sys.argv,
    "orig_argv": sys.orig_argv,
    "file": __file__,
    "name": __name__,
    "package": __package__,
    "spec": __spec__ and __spec__.name,
    "main": sys.modules["__main__"].__dict__ is globals(),
    "main_file": getattr(sys.modules["__main__"], "__file__", None),
    "main_spec": str(getattr(sys.modules["__main__"].__spec__, "name", None)),
    "dunders": sorted(name for name in names if name.startswith("__") and name != "__annotations__"),
    "path": sys.path,
    "executable": str(Path(sys.executable).parent),
    "folder": str(Path.cwd()),
    "signals": {number.name: handler_of(number) for number in sorted(signal.valid_signals() & set(signal.Signals))},
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "wakeup": signal.set_wakeup_fd(-1),
    "alarm": [*signal.getitimer(signal.ITIMER_REAL)],
    "threads": [thread.name for thread in threading.enumerate()],
    "process": multiprocessing.current_process().name,
    "start_method": multiprocessing.get_start_method(),
    "parent": str(multiprocessing.parent_process()),
    "children": multiprocessing.active_children(),
    "stdin": stream(sys.stdin),
    "stdout": stream(sys.stdout) + buffering(sys.stdout),
    "stderr": stream(sys.stderr) + buffering(sys.stderr),
    "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__, sys.gettrace()],
    "logging": [logging.getLogger().level, len(logging.getLogger().handlers)],
    "collector": [gc.isenabled(), gc.get_threshold()],
    "umask": os.umask(0o022),
    "read": sys.stdin.read(),
}
FACTS["draw"] = random.random()

import mlflow  # noqa: E402 - the facts come first
import numpy as np  # noqa: E402

FACTS["numpy_draw"] = np.random.rand()
with mlflow.start_run():
    mlflow.log_text(json.dumps(FACTS), "facts.json")
    mlflow.log_metric("loss", 0.5)
