"""The launcher of this process: started early, asked to fork often. See `launcher` for what it does.

Imports nothing heavy: it is started before the tuner's own imports, so that both import at the same time.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from steps.backends.warm.command_words import python_words
from steps.backends.warm.fork import Fork
from steps.errors import WrongValue
from steps.names import Variable

# It leaves no file open, so its interpreter need not be taken apart at the end.
_OWN_TRAINING = ["-m", "steps.train"]
_PROGRAM = Path(__file__).with_name("launcher.py")
Calls = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass
class _Launcher:
    """The launcher of this process, and what one that has to follow it must be told."""

    process: "subprocess.Popen[bytes]"
    orders: socket.socket
    has_forked: bool = False
    messages: list[Mapping[str, Any]] = field(default_factory=list)


_running: _Launcher | None = None


def start(modules: Sequence[str], folders: Sequence[Path] = ()) -> None:
    """Start the launcher, in the current folder and with this environment; returns at once. One that runs is ended.

    It imports `modules`. If this process ends first, it ends all that carry this process's id in Variable.TUNER, and
    removes `folders`.
    """
    global _running
    if _running is not None:
        stop()
    _running = _start()
    belongings = {"mark": f"{Variable.TUNER}={os.getpid()}", "folders": [str(folder) for folder in folders]}
    _tell({"path": str(Path.cwd()), "modules": list(modules), **belongings})


def prepare(calls: Calls = (), folders: Sequence[Path] = ()) -> None:
    """Have it make calls, (`module:function`, keyword arguments), and take note of folders; returns at once."""
    _tell({"calls": list(calls), "folders": [str(folder) for folder in folders]})


def pid() -> int | None:
    """Return the launcher's process id, None if there is none or it has ended."""
    return _running.process.pid if _running is not None and _running.process.poll() is None else None


def stop() -> None:
    """End the launcher, which ends what it has forked, and wait for it."""
    global _running
    if _running is not None:
        _running.orders.close()
        if not _running.has_forked:  # it may import for seconds, and has nothing to end
            _running.process.kill()
        _running.process.wait()
        _running = None


def _leave_to_parent() -> None:
    """Close a fork's copy of the socket: the launcher is to see the end of the process that started it."""
    global _running
    if _running is not None:
        _running.orders.close()
        _running = None


os.register_at_fork(after_in_child=_leave_to_parent)


def run(command: str, folder: str, variables: Mapping[str, str], output: Path) -> Fork:
    """Run an entry point's command in a fork that becomes a process of its own, with all of its output in a file.

    `python -m module …` and `python file.py …` run in the fork; a shell takes its place for any other command.
    """
    words = python_words(command)
    program = {"shell": command} if words is None else {"words": words, "quick": words[1:3] == _OWN_TRAINING}
    return _fork({**program, "folder": folder, "variables": dict(variables), "output": str(output)})


def fork(function: str, *arguments: object) -> tuple[Fork, Connection]:
    """Call `module:function` in a fork, with a connection and `arguments`; return the fork and the other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = _fork({"function": function}, theirs.fileno())
    connection = Connection(ours.detach())
    with suppress(BrokenPipeError):  # it has ended already
        connection.send(arguments)
    return process, connection


def call(path: str, **arguments: object) -> Any:
    """Call `module:function` in a fork, wait, and return its result, which can be pickled. A WrongValue is passed on.

    Raises RuntimeError if the fork ended without a result.
    """
    process, connection = fork("steps.backends.warm.launch:answer", path, arguments)
    with connection:
        try:
            kind, answer = connection.recv()
        except (EOFError, ConnectionResetError):
            process.wait()
            raise RuntimeError(f"{path} ended with exit code {process.exit_code} in the launcher's fork") from None
    process.wait()
    if kind == "wrong":
        raise WrongValue(*answer)
    return answer


def answer(connection: Connection, path: str, arguments: Mapping[str, Any]) -> None:
    """Send back what a function returns; the body of a fork."""
    import importlib

    module, _, name = path.partition(":")
    try:
        connection.send(("answer", getattr(importlib.import_module(module), name)(**arguments)))
    except WrongValue as error:
        connection.send(("wrong", error.problems))


def _start() -> _Launcher:
    ours, theirs = socket.socketpair()
    with theirs:
        return _Launcher(spawn(theirs.fileno()), ours)


def spawn(descriptor: int) -> "subprocess.Popen[bytes]":
    """Start the program, which serves the socket of a descriptor."""
    return subprocess.Popen(
        [sys.executable, str(_PROGRAM), str(descriptor)],
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C is for the tuner
    )


def _tell(message: Mapping[str, Any]) -> None:
    assert _running is not None, "the launcher has not been started"
    _running.messages.append(message)
    with suppress(BrokenPipeError):  # it has ended; whoever asks it to fork starts another
        _running.orders.sendall(json.dumps(message).encode() + b"\n")


def _fork(request: Mapping[str, Any], *descriptors: int) -> Fork:
    """Send a request; return what was forked. If the launcher has ended, another one is started first."""
    global _running
    assert _running is not None, "the launcher has not been started"
    if _running.process.poll() is not None:
        messages = _running.messages
        _running.orders.close()
        _running = _start()
        for message in messages:
            _tell(message)
    reading, writing = os.pipe()
    process = Fork(reading)
    try:
        line = json.dumps({"fork": request, "descriptors": 1 + len(descriptors)}).encode() + b"\n"
        sent = socket.send_fds(_running.orders, [line], [writing, *descriptors])
        _running.orders.sendall(line[sent:])
    except BrokenPipeError:
        process.is_lost = True
        return process
    finally:
        os.close(writing)
    _running.has_forked = True
    while not process.poll() and not process.pid:
        select.select([reading], [], [])
    return process
