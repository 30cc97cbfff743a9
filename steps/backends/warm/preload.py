"""What commands need is imported before they are forked, once the first of them have shown what that is."""

import json
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
# A command that uses no CPU for _IDLE_S hangs, if it is that old, and that many times as old as any that was not warm.
_IDLE_S, _OLD_S, _TIMES = 30.0, 60.0, 5.0
# By these a process ends of its own doing.
_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


@dataclass(eq=False)
class Start:
    """A command that was started; `is_warm` if what it imports had been learned from others.

    In the file `unfit` it says that what was imported beforehand does not suit it, and whether it is to be run `again`
    for that: else it has started anew by itself, as a process that has imported nothing. `ticks` is the CPU time that
    it had taken `at` a time.
    """

    fork: Fork
    unfit: Path | None = None
    is_warm: bool = False
    began: float = field(default_factory=time.monotonic)
    at: float = 0.0
    ticks: int | None = None
    hangs: bool = False

    def misfit(self) -> dict[str, Any]:
        """Return the `reason` why it does not suit, and whether it is to be run `again`; empty if it does."""
        if self.unfit is None or not self.unfit.exists():
            return {}
        misfit: dict[str, Any] = json.loads(self.unfit.read_text(encoding="utf-8"))
        return misfit


class LearnedPreload:
    """Starts commands from launchers that have imported what they need, as soon as it is known what that is.

    `prepared` has imported what they all import, or so one may think: it serves until one sets a variable that this has
    read, or a launcher has imported what the first commands were seen to import. The cold one, which has imported
    nothing, serves in doubt. No command waits for anything. Files are written to `folder`.
    """

    def __init__(self, prepared: Launcher, folder: Path):
        self._prepared, self._folder = prepared, folder
        self._count = 0
        self._cold: Launcher | None = None
        self._unread: dict[Path, Note | None] = {}  # the files of commands that note their imports, and what they had
        self._note: Note | None = None
        self._noted = self._agreed = self._tries = 0
        self._left_out: set[str] = set()
        self._longest_s = 0.0  # of those that were not warm and have ended
        self._used: Generation | None = None
        self._coming: Generation | None = None
        self._retired: list[Generation] = []
        self._starts: list[Start] = []  # those that may turn out not to suit
        self._sets_variables = False
        self._is_over = False
        self._given: Mapping[str, str] = {}

    def start(self, command: str, folder: str, variables: Mapping[str, str], output: Path) -> Start:
        """Start a command, see `Launcher.run`."""
        place = (command, folder, variables, output)
        if self._prepared.is_ready_for(command) or python_words(command) is None:
            return Start(self._prepared.run(*place))
        self._given = variables
        self._count += 1
        noted, unfit = (self._folder / f"start-{self._count}.{name}" for name in ("imports", "unfit"))
        self._look_for_misfits()
        more, warm = {"unfit": str(unfit)}, None
        if not self._is_over:
            self._advance()
            warm = self._used if self._agreed >= _AGREED else None
            if self._noted < _NOTED or (self._note is not None and self._agreed < _AGREED):
                more["note"] = str(noted)
                self._unread[noted] = warm.note if warm is not None else None
        if warm is not None:
            expected = {"expected": warm.note.values, "later": [*warm.note.later, *(self._note or warm.note).later]}
            start = Start(warm.run(*place, {**more, **expected}), unfit, is_warm=True)
        elif self._sets_variables:
            return self._start_cold(place, more)
        else:
            start = Start(self._prepared.run(*place, more), unfit)
        if not start.fork.pid:  # the launcher ended this very moment
            return self._start_cold(place, {})
        self._starts.append(start)
        return start

    def _start_cold(self, place: tuple[str, str, Mapping[str, str], Path], more: Mapping[str, Any]) -> Start:
        if self._cold is None:
            self._cold = Launcher(self._prepared.program or Program()).start()
        return Start(self._cold.run(*place, more))

    def doubt(self, start: Start) -> str | None:
        """Say why a command that has ended is to be run again: being forked with imports has made another of it."""
        misfit, code = start.misfit(), start.fork.exit_code or 0
        if not start.is_warm or (misfit and not misfit["again"]):
            self._longest_s = max(self._longest_s, time.monotonic() - start.began)
            return None
        if misfit and code == 0:  # one that failed may have ended before it came to what it would have set
            reason = str(misfit["reason"])
        elif start.hangs:
            reason = f"nothing happened for {_IDLE_S:g} s after a fork with its imports"
        elif -code in _CRASHES:
            reason = f"{signal.Signals(-code).name} ended it after a fork with its imports"
        else:
            return None
        if not self._is_over:
            print(f"tune: from now on trials start cold, since one is run again: {reason}", file=sys.stderr)
        self._is_over = True
        return reason

    def look_after(self, start: Start) -> None:
        """End a command that hangs, where its fork may be to blame for that."""
        now = time.monotonic()
        patience = max(_OLD_S, _TIMES * self._longest_s)
        if not start.is_warm or start.hangs or now - start.began < patience or now - start.at < _IDLE_S:
            return
        if start.misfit():
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
        if self._cold is not None:
            self._cold.stop()
        self._used = self._coming = self._cold = None
        self._retired = []
        self._is_over = True

    def _look_for_misfits(self) -> None:
        """Heed commands that were found not to suit since the last one was started."""
        ended = [start for start in self._starts if start.fork.is_over]
        misfits = [start for start in self._starts if start.misfit()]
        self._starts = [start for start in self._starts if start not in (*ended, *misfits)]
        if misfits:
            self._sets_variables = True
            self._agreed = min(self._agreed, 1)  # another cold one is to show which variables are the same

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
        self._note = both = before.and_also(note)
        self._agreed += 1
        if both.values != before.values or len(both.modules) < len(before.modules):
            self._use(None)  # it has imported too much
            self._make_another()
        elif both.packages != before.packages:
            self._make_another()

    def _make_another(self) -> None:
        """Start a launcher that imports what is known by now; one that has not come so far is given up."""
        if self._coming is not None:
            self._coming.end()
            self._coming = None
        self._tries += 1
        if self._tries <= _TRIES and UNKNOWN not in self._left_out and self._note is not None:
            program = self._prepared.program or Program()
            self._coming = Generation(program, self._note, self._left_out, self._given, self._folder)

    def _use(self, generation: Generation | None) -> None:
        if self._used is not None:
            self._retired.append(self._used)
        self._used = generation
