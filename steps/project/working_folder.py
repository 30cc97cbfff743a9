"""Working folders for trials: all of a project stands in each, and what a trial writes there is the trial's alone.

A folder is made once for each place, and put in order after each trial. To make all of it anew takes a large project a
tenth of a second for each trial, and much longer on some disks. What a trial has changed shows in an entry's inode,
size and times, of which the kernel alone sets that of the last change. Two changes within one tick of its clock look
the same: so what was written last is once compared by its content.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from steps.project.snapshot import Copy, Snapshot

# More than a tick of the clock by which changes are dated, in ns.
_TICK_NS = 20_000_000
# On a file system that dates changes by whole units of this, one does not show after another.
_COARSE_NS = 1_000_000

# What changes with an entry: inode, kind and permissions, size, the times of its content and of its last change.
_State = tuple[int, int, int, int, int]


class WorkingFolder:
    """A folder for one trial after another, at `path`; each may have another path."""

    def __init__(self, snapshot: Snapshot, path: Path):
        self.path, self._inside = path, snapshot.project
        # By a folder, those above it first, and a name in it: a copy, where a link leads to, or None for a folder.
        self._wanted: dict[str, dict[str, Copy | str | None]] = {folder: {} for folder in ("", *snapshot.folders)}
        for inside, wanted in (
            *((folder, None) for folder in snapshot.folders),
            *((copy.path, copy) for copy in snapshot.copies),
            *snapshot.links,
        ):
            self._wanted[os.path.dirname(inside)][os.path.basename(inside)] = wanted
        self._states: dict[str, _State] = {}  # of all entries, as they were written, by their paths in it
        self._unsure: set[str] = set()  # a change right after these were written would not show

    @property
    def project(self) -> Path:
        """Return where the project is in it."""
        return self.path / self._inside

    def move(self, path: Path) -> None:
        """Give it another path, in the same folder. If it can't be moved, it is to be restored there."""
        try:
            self.path.rename(path)
        except OSError:
            self.remove()
        self.path = path

    def restore(self) -> None:
        """Have all be there as at the start of a trial, and nothing else. Raises OSError."""
        try:
            if not self._can_tell() or self.path.is_symlink():
                raise FileNotFoundError(self.path)
            self._put_in_order()
        except OSError:  # there is none yet, or a trial has made something else of it
            self.remove()
            self._states.clear()
            self.path.mkdir(parents=True)
            self._put_in_order()

    def remove(self) -> None:
        """Remove it, whatever a trial has made of it."""
        remove(self.path)

    def _can_tell(self) -> bool:
        """Tell whether it has been written, to a file system on which changes show."""
        return any(changed % _COARSE_NS for *_, changed in self._states.values())

    def _put_in_order(self) -> None:
        written = {}
        for folder, wanted in self._wanted.items():
            with os.scandir(os.path.join(self.path, folder)) as listing:
                entries = list(listing)
            missing = dict(wanted)
            for entry in entries:
                if entry.name in wanted and self._is_as_written(folder, entry, wanted[entry.name]):
                    del missing[entry.name]
                elif entry.is_dir(follow_symlinks=False):
                    remove(Path(entry.path))
                else:
                    os.unlink(entry.path)
            for name, what in missing.items():
                inside = os.path.join(folder, name)
                written[inside] = self._states[inside] = _write(os.path.join(self.path, inside), what)
        last = max((changed for *_, changed in written.values()), default=0)
        self._unsure = {inside for inside, (*_, changed) in written.items() if changed > last - _TICK_NS}

    def _is_as_written(self, folder: str, entry: "os.DirEntry[str]", written: "Copy | str | None") -> bool:
        inside = os.path.join(folder, entry.name)
        state, before = state_of(entry.stat(follow_symlinks=False)), self._states.get(inside)
        if written is None:  # what is in a folder is looked at by itself
            return before is not None and state[:2] == before[:2]
        if state != before or inside not in self._unsure:
            return state == before
        if isinstance(written, Copy):
            return Path(entry.path).read_bytes() == written.content
        return os.readlink(entry.path) == written


def _write(path: str, wanted: "Copy | str | None") -> _State:
    """Make an entry; return what it is then."""
    if isinstance(wanted, Copy):
        with open(path, "xb") as file:
            file.write(wanted.content)
            file.flush()
            os.chmod(file.fileno(), wanted.mode)
            os.utime(file.fileno(), ns=(wanted.changed, wanted.changed))  # what Python has compiled stays valid
            return state_of(os.fstat(file.fileno()))
    if wanted is None:
        os.mkdir(path)
    else:
        os.symlink(wanted, path)
    return state_of(os.lstat(path))


def state_of(facts: os.stat_result) -> _State:
    """Return what changes with an entry."""
    return facts.st_ino, facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def remove(folder: Path) -> None:
    """Remove a working folder, whatever a trial has made of it; links are removed, not what they lead to."""
    with suppress(OSError):
        folder.unlink()  # a trial may have put a file or a link in its place
    for _ in range(2):
        with suppress(FileNotFoundError):
            try:
                shutil.rmtree(folder)
            except OSError:  # folders that may not be written, or a process that was still writing
                _allow_all(folder)
                continue
        return
    shutil.rmtree(folder, ignore_errors=True)


def _allow_all(folder: Path) -> None:
    with suppress(OSError):
        os.chmod(folder, 0o700)
        for path, folders, _ in os.walk(folder):
            for name in folders:
                if not os.path.islink(inner := os.path.join(path, name)):
                    os.chmod(inner, 0o700)
