"""The tuner's side of a launcher: started early, asked to fork often. See `launcher` for what it does.

Imports nothing heavy: a launcher is started before the tuner's own imports, so that both import at the same time.
"""

import json
import os
import select
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self
from weakref import WeakSet

from steps.backends.warm import program as programs
from steps.backends.warm.command_words import python_words
from steps.backends.warm.fork import Fork
from steps.backends.warm.program import Program
from steps.errors import WrongValue
from steps.names import Variable

# It leaves no file open, so its interpreter need not be taken apart at the end.
_OWN_TRAINING = ["-m", "steps.train"]
_NOTHING: Mapping[str, Any] = {}
# How often a wait is interrupted: only then does Ray's request to end a task take effect.
_LOOK_S = 0.1
Calls = Sequence[tuple[str, Mapping[str, Any]]]


class Launcher:
    """A process that forks at request; one that has died is replaced at the next request. A process may have several.

    It runs `program`; without one, in this process's environment, and finds the modules of the current folder too. If
    this process ends first, it ends what it has forked; one that is `foremost` ends all that carry this process's id in
    Variable.TUNER.
    """

    def __init__(self, program: Program | None = None, *, foremost: bool = False):
        self.program = program
        self.is_foremost = foremost
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None
        self._has_forked = False
        self._messages: list[Mapping[str, Any]] = []  # what one that replaces it must be told

    def start(self, modules: Sequence[str] = (), folders: Sequence[Path] = ()) -> Self:
        """Start it; returns at once. One that runs is ended.

        It imports `modules`. If this process ends first, it removes `folders`.
        """
        self.stop()
        self._spawn()
        self._messages = []
        place = {"path": str(Path.cwd())} if self.program is None else {}
        mark = {"mark": f"{Variable.TUNER}={os.getpid()}"} if self.is_foremost else {}
        own = {**place, **mark, "parent": os.getpid(), "folders": [str(folder) for folder in folders]}
        self._tell({**own, "modules": list(modules)})
        return self

    def prepare(self, calls: Calls = (), folders: Sequence[Path] = ()) -> None:
        """Have it make calls, (`module:function`, keyword arguments), and take note of folders; returns at once."""
        self._tell({"calls": list(calls), "folders": [str(folder) for folder in folders]})

    @property
    def pid(self) -> int | None:
        """Return the process id, None if it has not been started or has ended."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        """End it, and with it what it has forked, and wait."""
        if self._process is not None and self._orders is not None:
            self._orders.close()
            if not self._has_forked:  # it may import for a minute; what it is about to fork ends with it
                self._process.kill()
            self._process.wait()
        self._process = self._orders = None

    def run(
        self, command: str, folder: str, variables: Mapping[str, str], output: Path, more: Mapping[str, Any] = _NOTHING
    ) -> Fork:
        """Run an entry point's command in a fork that becomes a process of its own, with all of its output in a file.

        `python -m module …` and `python file.py …` run in the fork; a shell takes its place for any other command.
        `more` is what the fork is to do beside that, see `imports`.
        """
        words = python_words(command)
        program = {"shell": command} if words is None else {"words": words, "quick": self.is_ready_for(command)}
        return self._fork({**program, "folder": folder, "variables": dict(variables), "output": str(output), **more})

    def fork(self, function: str, *arguments: object) -> tuple[Fork, Connection]:
        """Call `module:function` in a fork, with a connection and `arguments`; return the fork and the other end."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = self._fork({"function": function}, theirs.fileno())
        connection = Connection(ours.detach())
        with suppress(BrokenPipeError):  # it has ended already
            connection.send(arguments)
        return process, connection

    def call(self, path: str, **arguments: object) -> Any:
        """Call `module:function` in a fork, wait, and return its result, which can be pickled; a WrongValue is raised.

        Raises RuntimeError if the fork ended without a result.
        """
        process, connection = self.fork("steps.backends.warm.launch:answer", path, arguments)
        with connection:
            try:
                kind, result = connection.recv()
            except (EOFError, ConnectionResetError):
                process.wait()
                raise RuntimeError(f"{path} ended with exit code {process.exit_code} in the launcher's fork") from None
        process.wait()
        if kind == "wrong":
            raise WrongValue(*result)
        return result

    def teach(self, lesson: Mapping[str, Any]) -> None:
        """Have it import what was learned, see `learned`; returns at once. One that replaces it is not told."""
        with suppress(BrokenPipeError):
            self._send(json.dumps({"lesson": lesson}).encode() + b"\n")

    def is_ready_for(self, command: str) -> bool:
        """Tell whether it was started for commands such as this, which is the project's own training."""
        return self.program is None and (python_words(command) or [])[1:3] == _OWN_TRAINING

    def leave_to_parent(self) -> None:
        """Close a fork's copy of the socket: the launcher is to see the end of the process that started it."""
        if self._orders is not None:
            self._orders.close()
        self._process = self._orders = None

    def _spawn(self) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = programs.spawn(self.program or Program(), theirs.fileno())
        self._has_forked = False
        _running.add(self)

    def _tell(self, message: Mapping[str, Any]) -> None:
        self._messages.append(message)
        with suppress(BrokenPipeError):  # it has ended; whoever asks it to fork starts another
            self._send(json.dumps(message).encode() + b"\n")

    def _send(self, line: bytes, descriptors: Sequence[int] = ()) -> None:
        assert self._orders is not None, "the launcher has not been started"
        sent = socket.send_fds(self._orders, [line], descriptors) if descriptors else 0
        self._orders.sendall(line[sent:])

    def _fork(self, request: Mapping[str, Any], *descriptors: int) -> Fork:
        """Send a request; return what was forked. If the launcher has ended, another one is started first."""
        assert self._orders is not None, "the launcher has not been started"
        if self.pid is None:
            self._orders.close()
            self._spawn()
            messages, self._messages = self._messages, []
            for message in messages:
                self._tell(message)
        reading, writing = os.pipe()
        process = Fork(reading)
        try:
            line = json.dumps({"fork": request, "descriptors": 1 + len(descriptors)}).encode() + b"\n"
            self._send(line, [writing, *descriptors])
        except BrokenPipeError:
            process.is_lost = True
            return process
        finally:
            os.close(writing)
        while not process.poll() and not process.pid:
            select.select([reading], [], [], _LOOK_S)
        self._has_forked = True
        return process


# Those that this process has started.
_running: WeakSet[Launcher] = WeakSet()


def stop_all() -> None:
    """End all launchers of this process; one that is `foremost` comes last, since it would end the others its way."""
    for launcher in sorted(_running, key=lambda launcher: launcher.is_foremost):
        launcher.stop()


def _leave_all_to_parent() -> None:
    for launcher in list(_running):
        launcher.leave_to_parent()
    _running.clear()


os.register_at_fork(after_in_child=_leave_all_to_parent)


def answer(connection: Connection, path: str, arguments: Mapping[str, Any]) -> None:
    """Send back what a function returns; the body of a fork."""
    import importlib

    module, _, name = path.partition(":")
    try:
        connection.send(("answer", getattr(importlib.import_module(module), name)(**arguments)))
    except WrongValue as error:
        connection.send(("wrong", error.problems))
