"""What the forkserver does before its first fork: it imports modules and reads data, so that its children need not.

`multiprocessing.forkserver` imports this module. It passes no arguments and swallows an ImportError, so the orders are
in an environment variable, and `forkserver.call` checks that they were carried out.

Nothing is computed here: after a fit that opens an OpenMP region, the first such region in a child hangs for ever. No
thread and no open connection may be left when the first child is forked.
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
    """Import modules, wait for the file `calls`, and make its calls: (`module:function`, its keyword arguments).

    Meanwhile a thread ends this process if its parent, the process `wanted_by`, has ended: a forkserver itself notices
    that only once it serves.
    """
    ready = threading.Event()

    def watch() -> None:
        while not ready.wait(_WATCH_S):
            if os.getppid() != wanted_by:
                shutil.rmtree(os.environ.get(Variable.FILES, ""), ignore_errors=True)  # downloads of the parent's study
                os._exit(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with collector.paused():
            for name in modules:
                importlib.import_module(name)
        while not Path(calls).exists():  # it is moved there, so it is complete
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
# Only the forkserver itself has the tuner for its parent. If it could not import this module, a fork of it may.
if orders and os.getppid() == orders["wanted_by"]:
    # A Ctrl-C or a closed terminal signals the tuner's whole process group. The tuner alone answers, for all.
    os.setsid()
    carry_out(**orders)
    # Nothing of this becomes garbage. The collector does not touch what is frozen; that would copy pages in each child.
    gc.collect()
    gc.freeze()
    done = True
