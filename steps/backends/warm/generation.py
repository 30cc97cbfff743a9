"""A launcher that imports what earlier commands did; it may take seconds, and find that some of it is not safe."""

import json
import os
import select
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from steps.backends.warm.fork import Fork
from steps.backends.warm.launch import Launcher
from steps.backends.warm.note import Note
from steps.backends.warm.program import Program

# Left out where nobody can say what has to be.
UNKNOWN = ""


class Generation:
    """A launcher that has been told what to import, and what to leave out; it is for commands once it is ready."""

    def __init__(self, program: Program, note: Note, left_out: Collection[str]):
        self.note = note
        self.is_ready = False
        self._launcher = Launcher(program).start()
        self._forks: list[Fork] = []
        self._progress = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as this lives
        self._report, writing = os.pipe()
        lesson = {"modules": note.modules, "own": sorted(note.own), "variables": note.variables}
        with tempfile.TemporaryFile() as printed:
            descriptors = (writing, self._progress.fileno(), printed.fileno())
            self._launcher.teach({**lesson, "left_out": sorted(left_out)}, *descriptors)
        os.close(writing)

    def look(self) -> dict[str, str]:
        """See how far it is: return what has to be left out, and why; then this one is of no use."""
        if self.is_ready or not select.select([self._report], [], [], 0)[0]:
            return {}
        report = b""
        # Not to the end of the pipe: what has been started by an import may hold it.
        while not report.endswith(b"\n") and (part := os.read(self._report, 65536)):
            report += part
        left_out: dict[str, str] = json.loads(report)["left_out"] if report else self._died_of()
        self.is_ready = not left_out
        return left_out

    def run(
        self, command: str, folder: str, variables: Mapping[str, str], output: Path, more: Mapping[str, Any]
    ) -> Fork:
        """Run a command in a fork, see `Launcher.run`."""
        self._forks = [fork for fork in self._forks if not fork.poll()]
        self._forks.append(self._launcher.run(command, folder, variables, output, more))
        return self._forks[-1]

    @property
    def is_alive(self) -> bool:
        """Tell whether its process has not ended."""
        return self._launcher.pid is not None

    @property
    def is_idle(self) -> bool:
        """Tell whether all that it has forked has ended."""
        return all(fork.poll() for fork in self._forks)

    def end(self) -> None:
        """End the launcher, and with it what it has forked."""
        self._launcher.stop()
        self._progress.close()
        if self._report >= 0:
            os.close(self._report)
        self._report = -1

    def _died_of(self) -> dict[str, str]:
        """Return what was being imported when the process ended."""
        self._progress.seek(0)
        names = self._progress.readline().decode().split()
        return dict.fromkeys(names or [UNKNOWN], "ends the process that imports it")
