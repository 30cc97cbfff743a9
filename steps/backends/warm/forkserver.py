"""A forkserver that has imported what the children need: started early, asked to fork often.

This module imports nothing heavy: the forkserver is started before the tuner's own imports, so that both import at the
same time.
"""

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import _forkserver, ensure_running
from pathlib import Path
from types import ModuleType
from typing import Any

from steps.backends.warm import preload
from steps.errors import WrongValue
from steps.names import Variable
from steps.process import orphans

_CONTEXT = multiprocessing.get_context("forkserver")
# What a forkserver does before its first fork, JSON: this one, and any that `multiprocessing` starts when it has ended.
_orders = "{}"
_calls = Path(os.devnull)


def start(modules: Sequence[str], folder: Path) -> None:
    """Start the forkserver, in the current folder and with this environment; returns at once. One that runs is ended.

    It imports `modules`, then waits for the file that `order` writes to `folder`; before that it forks nothing.
    """
    global _orders, _calls
    if (running := pid()) is not None:
        os.kill(running, signal.SIGKILL)
        os.waitid(os.P_PID, running, os.WEXITED | os.WNOWAIT)
    _CONTEXT.set_forkserver_preload(["steps.backends.warm.preload"])
    _calls = folder / "calls.json"
    _orders = json.dumps({"modules": list(modules), "calls": str(_calls), "wanted_by": os.getpid()})
    with _with_orders():
        ensure_running()


def order(calls: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Let the forkserver make calls, (`module:function`, its keyword arguments), and then serve; returns at once."""
    unread = _calls.with_suffix(".new")
    unread.write_text(json.dumps(list(calls)), encoding="utf-8")
    unread.replace(_calls)


def pid() -> int | None:
    """Return the process id of the forkserver, None if there is none or it has ended."""
    started: int | None = _forkserver._forkserver_pid  # type: ignore[attr-defined] # nothing public tells it
    try:
        ended = started is None or os.waitid(os.P_PID, started, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return None if ended else started
    except ChildProcessError:
        return None


def fork(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Call a function in a fork of the forkserver."""
    process = _CONTEXT.Process(target=target, args=arguments)
    with _without_main_module(), _with_orders():  # `start` starts another forkserver if this one has ended
        process.start()
    return process


@contextmanager
def _with_orders() -> Iterator[None]:
    os.environ[Variable.PRELOAD] = _orders
    try:
        yield
    finally:
        del os.environ[Variable.PRELOAD]


def call(path: str, **arguments: object) -> Any:
    """Call `module:function` in a fork, wait, and return its result, which can be pickled. A WrongValue is passed on.

    Raises RuntimeError if the forkserver did not preload, or if the fork ended without a result.
    """
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    with receiver:
        process = fork(_answer, sender, path, arguments)
        sender.close()
        try:
            preloaded, kind, answer = receiver.recv()
        except EOFError:
            process.join()
            raise RuntimeError(f"{path} ended with exit code {process.exitcode} in the forkserver's child") from None
        process.join()
    if not preloaded:
        raise RuntimeError("the forkserver did not preload: is `steps` importable from its folder?")
    if kind == "wrong":
        raise WrongValue(*answer)
    return answer


def _answer(sender: Connection, path: str, arguments: Mapping[str, Any]) -> None:
    orphans.follow_parent()
    try:
        sender.send((preload.done, "answer", preload.call(path, arguments)))
    except WrongValue as error:
        sender.send((preload.done, "wrong", error.problems))


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Let `multiprocessing` find an empty main module.

    In each fork it imports the main module of the process that asks for it again, 15 ms each, since the fork may need
    functions of it. Ours need none: what they execute is named. On Ray the main module is that of Ray's own worker,
    which must not be imported again. There is no option for that; but a main module without a file or a name, as
    `python -c` has it, is left alone.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
