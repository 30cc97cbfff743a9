"""A forkserver with the work's imports done: started early, asked to fork often.

Imports nothing heavy itself: it is started before the tuner's own imports, so that both import at the same time.
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
from typing import Any

from steps.backends.warm import preload
from steps.errors import WrongValue
from steps.names import Variable
from steps.process import orphans

_CONTEXT = multiprocessing.get_context("forkserver")
# What a forkserver is to do first, this one and any that has to follow it.
_orders = "{}"
_calls = Path(os.devnull)


def start(modules: Sequence[str], folder: Path) -> None:
    """Start the forkserver, in this folder and with this environment; returns at once. One that runs is ended.

    It imports `modules`, and then waits for what `order` says by a file in `folder`; until then nothing can be forked.
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
    """Have the forkserver make calls, (`module:function`, its keyword arguments), and then serve; returns at once."""
    unread = _calls.with_suffix(".new")
    unread.write_text(json.dumps(list(calls)), encoding="utf-8")
    unread.replace(_calls)


def pid() -> int | None:
    """Return the process id of the forkserver, None where there is none (any more)."""
    found: int | None = _forkserver._forkserver_pid  # type: ignore[attr-defined]
    try:
        ended = found is None or os.waitid(os.P_PID, found, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return None if ended else found
    except ChildProcessError:
        return None


def fork(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Call a function in a fork of the forkserver."""
    process = _CONTEXT.Process(target=target, args=arguments)
    with _no_main(), _with_orders():  # where it has ended, `start` starts another one
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
    """Call `module:function` in a fork, wait, and return its (picklable) result; a WrongValue there is raised here.

    Raises RuntimeError where the forkserver did not preload or the fork ended without a result.
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
def _no_main() -> Iterator[None]:
    """Hide this process's main module from `multiprocessing`.

    It would import that module again in every child, 15 ms each, for functions that a child may need of it. Ours need
    none: what they execute is named.
    """
    main = sys.modules["__main__"]
    standing = {name: getattr(main, name, None) for name in ("__spec__", "__file__")}
    vars(main).update(dict.fromkeys(standing))
    try:
        yield
    finally:
        vars(main).update(standing)
