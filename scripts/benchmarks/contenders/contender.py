"""What a contender has to answer so that its study can be struck, resumed and compared."""

import os
import shlex
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from scripts.benchmarks.contenders import executions, trial
from scripts.benchmarks.contenders.outcome import Essence
from steps.process import proc
from tests.e2e.server import Server
from tests.e2e.tools import Place

_POLL_S = 0.1
# How long killed processes may take to be gone, before they are looked for again.
_GONE_S = 20.0


class Unmeasured(Exception):
    """A row can't be measured, for the reason that is given."""


class Contender(ABC):
    """One study of a tool, in a folder of its own.

    `folder` is where notes and outputs are; `python` the interpreter that runs it; `disk` where the study's own record
    is, which may be a small disk.
    """

    name: ClassVar[str]
    # By what its documentation says that a study is resumed.
    resumed_by: ClassVar[str]

    def __init__(self, folder: Path, python: Path, disk: Path | None = None):
        self.folder, self.python, self.disk = folder, python, disk or folder
        # The step that `mlflow run` starts is the first `python` there is.
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        self.place = Place(folder, extra={trial.EXECUTIONS: str(folder / "executions.txt"), "PATH": path})
        self.started: list[subprocess.Popen[bytes]] = []
        self.silent: set[int] = set()  # processes of a node that has fallen silent: nobody waits for those
        self._seen: dict[int, int | None] = {}

    @abstractmethod
    def prepare(self) -> None:
        """Make what the study needs to be there, such as a server."""

    def end(self) -> None:
        """End all that was started."""
        self.halt()

    @abstractmethod
    def commands(self, *, resumed: bool) -> list[list[str]]:
        """Return the commands that start the study, or resume it."""

    @abstractmethod
    def drivers(self) -> list[int]:
        """Find the processes that drive the study."""

    @abstractmethod
    def running(self) -> int:
        """Count what the study's record calls running."""

    @abstractmethod
    def essence(self) -> Essence:
        """Return the trials that have a score, in the order of their numbers."""

    @property
    def database(self) -> Path:
        """The sqlite file that has the study's record."""
        raise NotImplementedError

    @property
    def executions(self) -> executions.Executions:
        return executions.read(self.folder / "executions.txt")

    @property
    def output(self) -> Path:
        """What the commands have written."""
        return self.folder / "output.txt"

    @property
    def server(self) -> Server:
        """The server that has the study's record."""
        raise NotImplementedError

    def codes(self) -> list[int | None]:
        """Return the exit codes of the commands so far."""
        return [process.poll() for process in self.started]

    def start(self, *, resumed: bool = False) -> None:
        """Start the study's commands, each as a terminal does: as the leader of a group of its own."""
        for words in self.commands(resumed=resumed):
            with self.output.open("a") as output:
                output.write(f"$ {shlex.join(words)}\n")
                output.flush()
                process = subprocess.Popen(
                    words, cwd=self.folder, env=self.place.env, stdout=output, stderr=output, start_new_session=True
                )
            self.started.append(process)

    def over(self) -> bool:
        """Tell whether all commands have ended, but for those on a silent node."""
        return all(process.poll() is not None or process.pid in self.silent for process in self.started)

    def groups(self) -> list[int]:
        """Return the groups of the commands that run, to which a terminal would send Ctrl-C."""
        return [process.pid for process in self.started if process.poll() is None]

    def trials(self) -> list[int]:
        """Find the processes that execute a trial now."""
        present = set(self.left())
        return [pid for pid in self.executions.at_work if pid in present]

    def node(self) -> list[int]:
        """Find the processes of the node that may be struck: where every process is a node of its own, one of them."""
        return self.trials()[:1]

    def may_be_struck(self) -> bool:
        """Tell whether a trial is at work where it would be struck."""
        return bool(set(self.trials()) & set(self.node()))

    def look(self) -> None:
        """Remember the study's processes, which may hide later: one whose parent is dead is nobody's descendant."""
        below = set(self.place.processes())
        parents = {int(folder.name): proc.parent_of(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
        while more := {pid for pid, parent in parents.items() if parent in below} - below:
            below |= more
        self._seen |= {pid: proc.started(pid) for pid in below}

    def left(self) -> list[int]:
        """Find the study's processes that are there now."""
        self.look()
        return [pid for pid, began in self._seen.items() if began is not None and proc.started(pid) == began]

    def halt(self) -> None:
        """Kill the study's processes."""
        deadline = time.monotonic() + _GONE_S
        while (pids := self.left()) and time.monotonic() < deadline:
            kill(pids, signal.SIGKILL)
            self.over()  # which reaps them
            time.sleep(_POLL_S)


def kill(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to processes, those that are gone left out."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def commands_of(pids: list[int]) -> list[str]:
    """Return the beginnings of what processes execute, those that are gone left out."""
    commands = []
    for pid in pids:
        with suppress(OSError):
            commands.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:120].strip())
    return commands


def waited(condition: Callable[[], object], seconds: float) -> bool:
    """Poll until a condition holds; tell whether it came to hold within the seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def must(condition: Callable[[], object], seconds: float, what: str, output: Path) -> None:
    """Wait for what has to come; where it does not, nothing is measured."""
    if not waited(condition, seconds):
        sys.stderr.write(output.read_text()[-3000:])
        raise Unmeasured(f"after {seconds:.0f} s still not {what}")
