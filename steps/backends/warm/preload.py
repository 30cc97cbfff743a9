"""What commands need is imported before they are forked, once the first of them have shown what that is."""

import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps.backends.warm.command_words import python_words
from steps.backends.warm.fork import Fork
from steps.backends.warm.generation import UNKNOWN, Generation
from steps.backends.warm.launch import Launcher
from steps.backends.warm.note import Note
from steps.backends.warm.program import Program
from steps.process import proc

# How many commands must have noted the same variables: one alone can't tell which are the same in each.
_AGREED = 2
# How many commands note what they import: later ones may need what the first did not.
_NOTED = 10
# How many launchers may be tried, each without what the last has found out to be unsafe.
_TRIES = 8
# A command that uses no CPU for _IDLE_S hangs, if it is that old, and that many times as old as any that started cold.
_IDLE_S, _OLD_S, _TIMES = 30.0, 60.0, 5.0
# By these a process ends of its own doing.
_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


@dataclass
class Start:
    """A command that was started; `unfit` is the file in which one says that it should have been started cold.

    That is None for one that was. `ticks` is the CPU time that it had taken `at` a time.
    """

    fork: Fork
    unfit: Path | None = None
    began: float = field(default_factory=time.monotonic)
    at: float = 0.0
    ticks: int | None = None
    hangs: bool = False


class LearnedPreload:
    """Starts commands cold, until a launcher has imported what they were seen to import. None waits for that.

    `cold` is the launcher that the first of them are forked from: it may have imported something itself.
    """

    def __init__(self, cold: Launcher):
        self._cold = cold
        self._unread: dict[Path, Note | None] = {}  # the files of commands that note their imports, and what they had
        self._note: Note | None = None
        self._noted = self._agreed = self._tries = 0
        self._left_out: set[str] = set()
        self._longest_s = 0.0  # of those that started cold and have ended
        self._used: Generation | None = None
        self._coming: Generation | None = None
        self._retired: list[Generation] = []
        self._is_over = False

    def start(self, command: str, folder: str, variables: Mapping[str, str], output: Path) -> Start:
        """Start a command, see `Launcher.run`."""
        place = (command, folder, variables, output)
        if self._is_over or self._cold.is_ready_for(command) or python_words(command) is None:
            return Start(self._cold.run(*place))
        self._advance()
        more: dict[str, Any] = {}
        if self._noted < _NOTED or self._agreed < _AGREED:
            more["note"] = f"{output}.imports"
        warm = self._used if self._agreed >= _AGREED else None
        if "note" in more:
            self._unread[Path(more["note"])] = warm.note if warm is not None else None
        if warm is None:
            return Start(self._cold.run(*place, more))
        unfit = output.with_name(f"{output.name}.unfit")
        if warm.note.variables:
            more |= {"expected": warm.note.values, "unfit": str(unfit)}
        fork = warm.run(*place, more)
        return Start(fork, unfit) if fork.pid else Start(self._cold.run(*place))  # it had ended this very moment

    def doubt(self, start: Start) -> str | None:
        """Say why a command that has ended is to be run again: being forked with imports has made another of it."""
        if start.unfit is None:
            self._longest_s = max(self._longest_s, time.monotonic() - start.began)
            return None
        crash = -(start.fork.exit_code or 0)
        if start.unfit.exists():
            reason = start.unfit.read_text(encoding="utf-8")
            self._agreed = 1  # another cold one is to show which variables are the same
        elif start.hangs or crash in _CRASHES:
            end = f"nothing happened for {_IDLE_S:g} s" if start.hangs else f"{signal.Signals(crash).name} ended it"
            reason = f"{end} after a fork with its imports"
            if not self._is_over:
                print(f"tune: from now on trials start cold, since one is run again: {reason}", file=sys.stderr)
            self._is_over = True
        else:
            return None
        return reason

    def look_after(self, start: Start) -> None:
        """End a command that hangs, where its fork may be to blame for that."""
        now = time.monotonic()
        patience = max(_OLD_S, _TIMES * self._longest_s)
        if start.unfit is None or start.hangs or now - start.began < patience or now - start.at < _IDLE_S:
            return
        before, start.at, start.ticks = start.ticks, now, proc.cpu_ticks(start.fork.pid)
        if before is not None and start.ticks == before:
            start.hangs = True
            start.fork.send(signal.SIGKILL)

    def end(self) -> None:
        """End the launchers that this has started."""
        for generation in (*self._retired, self._used, self._coming):
            if generation is not None:
                generation.end()
        self._used = self._coming = None
        self._retired = []
        self._is_over = True

    def _advance(self) -> None:
        """Take in what has happened since the last command was started."""
        for path in [path for path in self._unread if path.exists()]:
            self._noted += 1
            self._take(Note.read(path).after(self._unread.pop(path)))
            path.unlink()
        if self._used is not None and not self._used.is_alive:
            self._use(None)
            self._make_another()
        found = self._coming.look() if self._coming is not None else {}
        if found:
            self._left_out |= found.keys()
            self._make_another()
        elif self._coming is not None and self._coming.is_ready:
            self._use(self._coming)
            self._coming = None
        for generation in [generation for generation in self._retired if generation.is_idle]:
            generation.end()
            self._retired.remove(generation)

    def _take(self, note: Note) -> None:
        before = self._note
        if before is None:
            if note.gained:
                self._note, self._agreed = note, 1
                self._make_another()
            return
        both = before.and_also(note)
        self._agreed += 1
        if both.values != before.values or len(both.modules) < len(before.modules):
            self._use(None)  # it has imported too much
        elif both.packages == before.packages:
            return
        self._note = both
        self._make_another()

    def _make_another(self) -> None:
        """Start a launcher that imports what is known by now; one that has not come so far is given up."""
        if self._coming is not None:
            self._coming.end()
            self._coming = None
        self._tries += 1
        if self._tries <= _TRIES and UNKNOWN not in self._left_out and self._note is not None:
            self._coming = Generation(self._cold.program or Program(), self._note, self._left_out)

    def _use(self, generation: Generation | None) -> None:
        if self._used is not None:
            self._retired.append(self._used)
        self._used = generation
