"""A process that has imported what commands need, and forks once for each of them.

    python launcher.py <descriptor of a socket>

Run as a program, by the interpreter of the environment that the commands need: any Python from 3.9 on, the standard
library alone. It reads messages from the socket, each a line of JSON with descriptors beside it: what to import and to
call first, then a request for each fork. The other side is `steps.backends.warm.launch`. When the socket closes, its
commands end, and so does the launcher.

A command runs as in an interpreter of its own: its code is the main module, threads are joined at its end, exit
handlers run, and the exit code is the interpreter's. For that, a fork returns to the last line of this file, and the
interpreter ends there by itself.
"""

import atexit
import functools
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any, Optional

_HERE = os.path.dirname(os.path.abspath(__file__))
# Whoever sends these means the tuner, which decides what becomes of the commands.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# How long processes may take to end that are asked to, after the tuner's end.
_GRACE_S = 1.5
_POLL_S = 0.1
# EX_TEMPFAIL of sysexits.h, as that of steps.errors.Unreachable, which can't be imported here.
_MAY_PASS = 75


def _sibling(name: str) -> Any:
    """Import a file beside this one under no name, so that no command finds it instead of a module of its own."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(_HERE, f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ending, environ, generators, imports, learned = map(_sibling, ["ending", "environ", "generators", "imports", "learned"])
main_program, mlflow_calls, orders = map(_sibling, ("main_program", "mlflow_calls", "orders"))
processes, sql_store, traces = map(_sibling, ("processes", "sql_store", "traces"))


class ForkServer:
    """Prepares as it is told, then forks at each request, until the socket closes."""

    def __init__(self, connection: socket.socket):
        self._orders = orders.Orders(connection)
        self._reports: dict[int, int] = {}  # by the process id of a running fork, the descriptor for its end
        self._pid = os.getpid()
        self._parent = os.getppid()
        self._mark = ""  # NAME=value in the environment of the tuner's processes
        self._folders: list[str] = []  # the tuner's, to be removed if it can't
        self._path: list[str] = []  # what stands on the path for this process alone
        self._standing = {number: signal.getsignal(number) for number in (*_ENDING, signal.SIGCHLD)}
        self._wakeup, self._waker = os.pipe()
        self._read: set[str] = set()  # the variables that this process has read so far

    def serve(self) -> "Optional[dict[str, Any]]":
        """Return the request in each fork, with `descriptors` and what it has to know of this one; None at the end."""
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        processes.inherit_orphans()
        for descriptor in (self._wakeup, self._waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the descriptor is what wakes
        environ.hear(on_read=self._read.add)
        while True:
            if not self._orders.is_ready():
                select.select([self._orders.fileno(), self._wakeup], [], [])
            self._reap()
            if not self._orders.is_ready():
                continue
            message, descriptors = self._orders.receive()
            if message is None:
                self._end_all()
                return None
            if "fork" not in message:
                self._prepare(message)
            elif self._fork(descriptors):
                environ.hear()
                own = {"own_path": self._path, "launcher": self._pid, "read": self._read}
                return {**message["fork"], "descriptors": descriptors[1:], **own}

    def _prepare(self, message: "dict[str, Any]") -> None:
        """Take note of what is the tuner's, import modules, make calls."""
        self._mark = message.get("mark", self._mark)
        self._folders += message.get("folders", [])
        self._parent = message.get("parent", self._parent)  # it may have ended before this process asked
        if "path" in message:
            self._path.append(message["path"])
            sys.path.insert(0, message["path"])
        with processes.end_if_deserted(self._folders, self._parent):  # the socket is not looked at meanwhile
            for name in message.get("modules", []):
                importlib.import_module(name)
            for path, arguments in message.get("calls", []):
                named(path)(**arguments)
            if "lesson" in message:
                with generators.noted():
                    found = learned.learn(message["lesson"], functools.partial(traces.Traces, self._read))
                self._end_strays()
                sql_store.open_for_forks(**message["lesson"]["store"])
                imports.say(os.path.join(message["lesson"]["folder"], "left_out"), json.dumps(found))
        mlflow_calls.look()
        ending.share()

    def _fork(self, descriptors: "list[int]") -> bool:
        """Fork; return True in the fork."""
        report, *others = descriptors
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for descriptor in [self._wakeup, self._waker, report, *self._reports.values()]:
                os.close(descriptor)
            self._orders.close()
            for number, handler in self._standing.items():
                signal.signal(number, handler)
            return True
        self._reports[pid] = report
        tell(report, {"pid": pid})
        for descriptor in others:
            os.close(descriptor)
        return False

    def _reap(self) -> None:
        """Report the forks that have ended, and end what they have left behind."""
        try:
            os.read(self._wakeup, 4096)
        except BlockingIOError:
            pass
        ended = {}
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid in self._reports:  # else a fork had started it
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
                cpu_s = used.ru_utime + used.ru_stime
                ended[pid] = {"code": code, "cpu_s": cpu_s, "max_rss_kb": used.ru_maxrss}
        for pid, report in ended.items():
            processes.send(pid, signal.SIGKILL)  # its session
            descriptor = self._reports.pop(pid)
            self._end_strays()
            tell(descriptor, report)
            os.close(descriptor)

    def _end_strays(self) -> None:
        """Kill what ended forks have started and left behind.

        Each fork inherits the orphans below it as long as it runs. So a child of this process that is no fork belonged
        to a fork that has ended. What such a child has started is inherited, and killed, in the next round.
        """
        for _ in range(100):
            strays = [pid for pid in processes.children() if pid not in self._reports]
            if not strays:
                return
            for pid in strays:
                processes.kill(pid, signal.SIGKILL)
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:
                    pass

    def _end_all(self) -> None:
        """End the forks and all other processes of the tuner, and remove its folders."""
        numbers = [signal.SIGTERM]
        deadline = time.monotonic() + _GRACE_S
        while pids := {*self._reports, *(processes.with_mark(self._mark) if self._mark else [])}:
            for number in numbers:
                for pid in pids:
                    (processes.send if pid in self._reports else processes.kill)(pid, number)
            numbers = [signal.SIGKILL] if time.monotonic() > deadline else []
            time.sleep(_POLL_S)
            self._reap()
        processes.remove(self._folders)


def become(request: "dict[str, Any]") -> None:
    """Be what a request asks for, in the fork that is for it."""
    os.setsid()
    processes.inherit_orphans()
    processes.end_with_parent(request["launcher"])
    if "function" in request:
        from multiprocessing.connection import Connection

        with Connection(request["descriptors"][0]) as connection:
            named(request["function"])(connection, *connection.recv())
        ending.leave(0, quick=True)
    words = request.get("words", [])
    quick = request.get("quick", False)
    try:
        main_program.redirect(request["output"], unbuffered=words[1:2] == ["-u"], by_lines=not quick)
        os.chdir(request["folder"])
    except FileNotFoundError:  # the tuner has removed its folder, or a cleaner has: the trial may run again
        os._exit(_MAY_PASS)
    os.environ.update(request["variables"])
    sys.path[:] = [path for path in sys.path if path not in request["own_path"]]
    if not quick:  # somebody's own code
        os.environ.update(mlflow_calls.variables(os.environ))
        mlflow_calls.begin()
    if "shell" in request:
        os.execvp("bash", ["bash", "-c", request["shell"]])
    generators.draw_anew()
    if not quick:
        anew = functools.partial(main_program.start_anew, words, request["folder"], dict(os.environ))
        imports.watch(request, environ.hear, anew)
    ending.leave(main_program.run(words), quick=quick)


def named(path: str) -> Any:
    """Import a function by `module:name`."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def tell(descriptor: int, report: "dict[str, Any]") -> None:
    """Write a report, a line of JSON, for whoever still wants it."""
    try:
        os.write(descriptor, json.dumps(report).encode() + b"\n")
    except BrokenPipeError:
        pass


def main(connection: socket.socket) -> None:
    """Serve; a fork comes back from that, to be what it was asked to be."""
    request = ForkServer(connection).serve()
    if request is None:
        os._exit(0)  # the exit handlers of what it has imported are for its forks
    become(request)


if __name__ == "__main__":
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != os.path.realpath(_HERE)]
    atexit.register(ending.end)  # before all other handlers, so that it comes last
    main(socket.socket(fileno=int(sys.argv[1])))
