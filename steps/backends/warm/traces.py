"""What an import does in its process that a fork would inherit, and a process of its own would do itself.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import fcntl
import glob
import os
import shutil
import signal
import stat
import sys
from contextlib import suppress
from typing import Any, Mapping

_DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri")
# Threads whose library (jemalloc, below pyarrow) stops and starts them at a fork.
_SAFE_THREADS = ("jemalloc_bg_thd",)
# Those that programs handle. To ask for all of them takes 0.2 ms, at each import.
_SIGNALS = [
    getattr(signal, f"SIG{name}")
    for name in ("ABRT", "ALRM", "CHLD", "HUP", "INT", "PIPE", "QUIT", "TERM", "USR1", "USR2")
]
_TEMPORARY = ("tempfile.mkdtemp", "tempfile.mkstemp")


class Traces:
    """Tells what has happened in this process since it was last asked.

    `read` are the variables that this process has read so far, kept by somebody else. `printed` is the descriptor of
    the file that gets what this process prints. `given` are the variables that a command is given: an import that reads
    one of which this process has another value is to be left to the commands.
    """

    def __init__(self, read: "set[str]", printed: int, given: "Mapping[str, str]"):
        self._printed, self._read = printed, read
        self._others = {name for name, value in given.items() if os.environ.get(name) != value}
        self._read -= self._others
        self._files: list[str] = []  # temporary ones that were made
        self._is_over = False
        sys.addaudithook(self._hear)  # for the life of the process
        self._threads, self._sets, self._state = _threads(), _sets(), self._now()

    def look(self) -> str:
        """Say what is new, and not safe to have before a fork; nothing else is new if that is empty."""
        threads, sets, state = self._threads, self._sets, self._state
        self._threads, self._sets, self._state = _threads(), _sets(), self._now()
        reasons = [what for what, value in self._sets.items() if value - sets[what]]
        if self._threads > threads:
            # Some libraries (OpenBLAS) end their threads before each fork, and start them when they next need them.
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            self._threads = _threads()
            reasons += ["starts a thread"] if self._threads > threads else []
        reasons += [what for what, value in self._state.items() if value != state[what] and state[what] is not None]
        reasons += [f"reads {name}, which each trial has its own of" for name in self._others & self._read]
        self._read -= self._others  # so that the next who reads one is found
        return "".join(reasons[:1])

    def end(self, *, are_in_use: bool) -> None:
        """Look no more; remove the temporary files if this process is not to be forked, so nobody has use for them."""
        self._is_over = True
        for path in [] if are_in_use else self._files:
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):
                os.unlink(path)

    def _hear(self, event: str, arguments: "tuple[Any, ...]") -> None:
        if event in _TEMPORARY and not self._is_over:
            self._files.append(arguments[0])

    def _now(self) -> "dict[str, Any]":
        """Return a value, or None, that changes if an import does what its name says."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        root = getattr(sys.modules.get("logging"), "root", None)
        numpys, torchs = _function("numpy", "random", "get_state"), _function("torch", "initial_seed")
        return {
            "prints": os.fstat(self._printed).st_size,
            "handles a signal": [signal.getsignal(number) for number in _SIGNALS],
            "sets up logging": None if root is None else (list(root.handlers), root.level),
            "changes the folder": os.getcwd(),
            "makes a temporary file": [path for path in self._files if os.path.lexists(path)],
            "seeds numpy, or draws": None if numpys is None else _hash_of(numpys()),
            "seeds torch": None if torchs is None else torchs(),
        }


def _function(module: str, *names: str) -> Any:
    """Return a function of a module, None if it is not there (yet)."""
    found: Any = sys.modules.get(module)
    for name in names:
        found = getattr(found, "__dict__", {}).get(name)
    return found


def _hash_of(state: "tuple[Any, ...]") -> int:
    """Return a hash of the state of numpy's generator: a name, an array, numbers."""
    return hash((state[1].tobytes(), *state[2:]))


def _threads() -> int:
    count = 0
    for path in glob.glob("/proc/self/task/*/comm"):
        with suppress(OSError), open(path) as file:
            count += file.read().strip() not in _SAFE_THREADS
    return count


def _sets() -> "dict[str, set[str]]":
    """Return what there is of each kind that an import must not add to."""
    children: set[str] = set()
    for path in glob.glob("/proc/self/task/*/children"):
        with suppress(OSError), open(path) as file:
            children.update(file.read().split())
    devices, connections, files = set(), set(), set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            path = os.readlink(f"/proc/self/fd/{name}")
            if path.startswith(_DEVICES):
                devices.add(path)
            elif path.startswith("socket:"):
                connections.add(path)
            elif not path.startswith("/memfd:") and _is_written(int(name)):
                files.add(path)
    return {
        "starts a process": children,
        "opens a GPU": devices,
        "opens a connection": connections,
        "opens a file to write": files,
    }


def _is_written(descriptor: int) -> bool:
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    return is_file and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
