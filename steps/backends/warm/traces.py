"""What an import does in its process that a fork would inherit, and a process of its own would do itself.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import glob
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Callable, Optional

_DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri")
# Threads whose library (jemalloc, below pyarrow) stops and starts them at a fork.
_SAFE_THREADS = ("jemalloc_bg_thd",)
_TEMPORARY = ("tempfile.mkdtemp", "tempfile.mkstemp")


class Traces:
    """Tells what has happened in this process since it was last asked; what happens `inside` a context is heard of.

    `printed` is the descriptor of the file that gets what this process prints. `given` are the variables that a command
    gets: what reads one for which this process has another value must be left to the commands. `hear` is that of
    `environ`.
    """

    def __init__(self, hear: "Callable[..., None]", printed: int, given: "Mapping[str, str]"):
        self._printed, self._hear = printed, hear
        self._given = frozenset(name for name, value in given.items() if os.environ.get(name) != value)
        self._heard = ""
        self._is_inside = False
        self._threads, self._children = _threads(), _children()
        self._state = self._now()
        self.files: list[str] = []  # temporary ones that were made

    @contextmanager
    def inside(self) -> "Iterator[None]":
        """Hear of what leaves no trace: the words and variables that are read, temporary files."""
        words: Any = _Words(sys.argv)
        words.on_read = self._read_words
        before = sys.argv
        sys.addaudithook(self._hear_event)  # for the life of the process
        self._is_inside = True
        self._hear(on_read=self._read_variable)
        sys.argv = words
        try:
            yield
        finally:
            sys.argv = before
            self._hear()
            self._is_inside = False

    def look(self) -> str:
        """Say what is new, and not safe to have before a fork; nothing else is new if that is empty."""
        threads, children, state = self._threads, self._children, self._state
        heard, self._heard = self._heard, ""
        if self._is_inside:
            self._hear(on_read=self._read_variable)
        self._threads, self._children, self._state = _threads(), _children(), self._now()
        if self._threads > threads:
            # Some libraries (OpenBLAS) end their threads before each fork, and start them when they next need them.
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            self._threads = _threads()
        if self._threads > threads:
            return "starts a thread"
        if self._children - children:
            return "starts a process"
        if any(path.startswith(_DEVICES) for path in _open_files()):
            return "opens a GPU"
        changed = [what for what, value in self._state.items() if value != state[what] and state[what] is not None]
        return heard or "".join(changed[:1])

    def remove_files(self) -> None:
        """Remove the temporary files, with which this process has nothing to do any more."""
        for path in self.files:
            shutil.rmtree(path, ignore_errors=True)
            with suppress(OSError):
                os.unlink(path)

    def _now(self) -> "dict[str, Any]":
        """Return a value, or None, that changes if an import does what its name says."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        root = getattr(sys.modules.get("logging"), "root", None)
        return {
            "prints": os.fstat(self._printed).st_size,
            "handles a signal": [signal.getsignal(number) for number in signal.valid_signals()],
            "sets up logging": None if root is None else (list(root.handlers), root.level),
            "changes the folder": os.getcwd(),
            "seeds numpy": _call("numpy", "random", "get_state"),
            "seeds torch": _call("torch", "initial_seed"),
        }

    def _read_words(self) -> None:
        self._heard = "reads the words of the command"

    def _read_variable(self, name: str) -> None:
        if name in self._given:
            self._heard = f"reads {name}, which each trial has its own of"

    def _hear_event(self, event: str, arguments: "tuple[Any, ...]") -> None:
        if self._is_inside and event in _TEMPORARY:
            self._heard = "makes a temporary file"
            self.files.append(arguments[0])


class _Words(list):  # type: ignore[type-arg]
    """The words of a command, which tell that they are read."""

    on_read: Any = None

    def __getitem__(self, place: Any) -> Any:
        self.on_read()
        return super().__getitem__(place)

    def __iter__(self) -> Any:
        self.on_read()
        return super().__iter__()

    def __len__(self) -> int:
        self.on_read()
        return super().__len__()


def _call(module: str, *names: str) -> Optional[str]:
    """Return as a text what a function of a module returns, called without arguments; None if it is not there (yet)."""
    found: Any = sys.modules.get(module)
    for name in names:
        found = getattr(found, "__dict__", {}).get(name)
    return None if found is None else repr(found())


def _threads() -> int:
    count = 0
    for path in glob.glob("/proc/self/task/*/comm"):
        with suppress(OSError), open(path) as file:
            count += file.read().strip() not in _SAFE_THREADS
    return count


def _children() -> "set[str]":
    pids: set[str] = set()
    for path in glob.glob("/proc/self/task/*/children"):
        with suppress(OSError), open(path) as file:
            pids.update(file.read().split())
    return pids


def _open_files() -> "list[str]":
    paths = []
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            paths.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return paths
