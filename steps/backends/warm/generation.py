"""A launcher that imports what earlier commands did; it may take seconds, and find that some of it is not safe."""

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from steps.backends.warm.fork import Fork
from steps.backends.warm.launch import Launcher
from steps.backends.warm.note import Note
from steps.backends.warm.program import Program
from steps.names import Variable

# Left out where nobody can say what has to be.
UNKNOWN = ""


class Generation:
    """A launcher that has been told what to import, and what to leave out; it is for commands once it is ready.

    `given` are variables that a command is given. What the launcher writes is in a folder below `folder`.
    """

    def __init__(self, program: Program, note: Note, left_out: Collection[str], given: Mapping[str, str], folder: Path):
        self.note = note
        self.is_ready = False
        self._forks: list[Fork] = []
        self._folder = Path(tempfile.mkdtemp(prefix="imports-", dir=folder))
        self._launcher = Launcher(program).start()
        lesson = {
            "modules": note.modules,
            "own": sorted(note.own),
            "variables": {name: note.variables[name] for name in note.values},
            "left_out": sorted(left_out),
            "given": dict(given),
            "store": {"uri": given.get("MLFLOW_TRACKING_URI", ""), "run_id": given.get(Variable.RUN_ID, "")},
            "folder": str(self._folder),
        }
        self._launcher.teach(lesson)

    def look(self) -> dict[str, str]:
        """See how far it is: return what has to be left out, and why; then this one is of no use."""
        if self.is_ready:
            return {}
        is_alive, report = self.is_alive, self._folder / "left_out"
        if report.exists():
            left_out: dict[str, str] = json.loads(report.read_text(encoding="utf-8"))
        elif is_alive:
            return {}
        else:
            left_out = self._died_of()
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
        shutil.rmtree(self._folder, ignore_errors=True)

    def _died_of(self) -> dict[str, str]:
        """Return what was being imported when the process ended."""
        progress = self._folder / "progress"
        names = progress.read_text(encoding="utf-8").partition("\n")[0].split() if progress.exists() else []
        return dict.fromkeys(names or [UNKNOWN], "ends the process that imports it")
