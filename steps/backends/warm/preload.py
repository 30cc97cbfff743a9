"""What the forkserver does before its first fork: it imports and reads, so that its children need not.

Imported by `multiprocessing.forkserver`, which swallows an ImportError and hands nothing over: so the orders come by
the environment, and `forkserver.call` verifies that they were carried out.

Import and read, never compute: a fit that opens an OpenMP region here would make the children's first one hang for
ever. No thread and no open connection either.
"""

import gc
import importlib
import json
import os
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from steps.names import Variable
from steps.process import collector

_WATCH_S = 0.2
_LOOK_S = 0.02
done = False


def carry_out(modules: list[str], calls: str, wanted_by: int) -> None:
    """Import modules, then call each `module:function` with its keyword arguments that a file names, once it is there.

    Ends this process when its parent, the process `wanted_by`, is gone: a forkserver notices that only when it serves.
    """
    ready = threading.Event()

    def watch() -> None:
        while not ready.wait(_WATCH_S):
            if os.getppid() != wanted_by:
                shutil.rmtree(os.environ.get(Variable.FILES, ""), ignore_errors=True)  # what was fetched for it
                os._exit(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with collector.paused():
            for name in modules:
                importlib.import_module(name)
        while not Path(calls).exists():  # in one move, so it is whole
            time.sleep(_LOOK_S)
        for path, arguments in json.loads(Path(calls).read_text(encoding="utf-8")):
            call(path, arguments)
    finally:
        ready.set()
        watcher.join()  # a process that forks has no other thread


def call(path: str, arguments: Mapping[str, object]) -> object:
    """Call `module:function` with keyword arguments."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)(**arguments)


orders = json.loads(os.environ.pop(Variable.PRELOAD, "{}"))
# Only as the forkserver itself: one that could not import this leaves the orders to its forks.
if orders and os.getppid() == orders["wanted_by"]:
    # A Ctrl-C, or a closed terminal, reaches the tuner's whole group: the tuner answers it, for all.
    os.setsid()
    carry_out(**orders)
    # What is there by now is never garbage: the collector need not touch, and so copy, its pages in every child.
    gc.collect()
    gc.freeze()
    done = True
