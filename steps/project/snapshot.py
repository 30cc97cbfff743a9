"""What of a project stands in the working folders of trials.

Sources and small files are copies, taken once per study: an edit meanwhile reaches no trial. What is large or many is
a symbolic link to the project's own: large files, folders of many files, git's, environments. So a large file that a
trial opens to write into it in place is the project's: that is the limit. A script must be a copy, since Python looks
for its modules beside the file that a link leads to.

Beside the folder are links to what is beside the project's, up to its git repository's: paths that begin with `..` lead
where they did.
"""

import os
import stat
import tempfile
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

# A file up to this size is copied; a source of any size.
_COPY_BYTES = 1_000_000
_SOURCE = ".py"
# What all copies may have together: the small files that come after that, in folders further down, are links.
_ALL_BYTES = 20_000_000
# A folder with more entries than this is a link, and so is each that would bring all of them above the other number.
_FOLDER_ENTRIES = 500
_ALL_ENTRIES = 2_000
# How many entries the folder may have in which the project, or a folder above it, lies.
_SIBLINGS = 1_000
# Folders that nobody writes into for a trial alone: of version control, environments, caches of tools, MLflow's own.
SHARED_NAMES = frozenset(
    {
        ".git", ".hg", ".svn", ".dvc", ".venv", "venv", "node_modules", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", ".hypothesis", ".ipynb_checkpoints", "mlruns", "mlartifacts", "site-packages",
    }
)  # fmt: skip
# Folders of this project's own in another's begin with this; they are left out.
PRIVATE = ".tune-"
# A folder that has one of these is an environment, whatever its name.
ENVIRONMENT = {"pyvenv.cfg", "conda-meta"}


@dataclass(frozen=True)
class Copy:
    """A file to be written: its path in the working folder, its content, permissions, and time of change in ns."""

    path: str
    content: bytes
    mode: int
    changed: int


class Snapshot:
    """A project as it is now: `folders`, those above others first, `copies`, and `links` to what stays where it is.

    All paths are those in a working folder; `project` is the project's. `shared` are files and folders that are links
    whatever their size, such as the tracking database. With `beside` what is beside the project can be reached too;
    `hidden` are folders of which that is not true, since they hold too much.
    """

    def __init__(self, root: Path, *, shared: Collection[Path] = (), beside: bool = True):
        self._root = root.absolute()
        self._shared = {str(path.absolute()) for path in (*shared, Path(tempfile.gettempdir()))}
        self.folders: list[str] = []
        self.copies: list[Copy] = []
        self.links: list[tuple[str, str]] = []  # (path in the working folder, where it leads)
        self._bytes = self._entries = 0
        self.hidden: list[Path] = []
        top = _top(self._root) if beside else self._root
        self.project = str(self._root.relative_to(top))
        if beside:
            self._take_siblings(top)
        self._take_project()

    def _take_siblings(self, top: Path) -> None:
        """Link what is beside the project, and beside each folder above it up to `top`."""
        for folder in reversed([parent for parent in self._root.parents if parent.is_relative_to(top)]):
            inside = folder.relative_to(top)
            if folder != top:
                self.folders.append(str(inside))
            if str(folder) == os.path.realpath(tempfile.gettempdir()):
                continue  # a clone of a Git URL lies there, beside what has nothing to do with it
            siblings = _entries(folder, _SIBLINGS)
            if siblings is None:
                self.hidden.append(folder)
                continue
            for entry in siblings:
                if not self._root.is_relative_to(entry.path):
                    self.links.append((str(inside / entry.name), entry.path))

    def _take_project(self) -> None:
        """Take the project's folders, those near its root first, until there is enough to be copied for each trial."""
        waiting = deque([""])
        while waiting:
            inside = waiting.popleft()
            path = os.path.join(self._root, inside)
            entries = _entries(path, _FOLDER_ENTRIES if inside else None)
            if inside and (entries is None or self._entries + len(entries) > _ALL_ENTRIES or _is_environment(entries)):
                self._link(inside, path)
                continue
            if (place := self._place(inside)) != ".":
                self.folders.append(place)
            for entry in entries or ():
                self._entries += 1
                own = os.path.join(inside, entry.name)
                if entry.name.startswith(PRIVATE):
                    continue
                if entry.is_symlink():
                    self._link(own, _destination(path, os.readlink(entry.path), self._root))
                elif entry.path in self._shared or entry.name in SHARED_NAMES:
                    self._link(own, entry.path)
                elif entry.is_dir():
                    waiting.append(own)
                else:
                    self._take_file(own, entry)

    def _take_file(self, inside: str, entry: "os.DirEntry[str]") -> None:
        """Copy a file that may be copied; link any other, a socket or a pipe too."""
        with suppress(OSError):  # it may not be read, or is gone
            facts = entry.stat()
            is_source = entry.name.endswith(_SOURCE)
            fits = is_source or (facts.st_size <= _COPY_BYTES and self._bytes + facts.st_size <= _ALL_BYTES)
            # What Python compiles it writes to a new file in place of the old one, so a link to that does no harm.
            if stat.S_ISREG(facts.st_mode) and fits and not entry.name.endswith(".pyc"):
                content = Path(entry.path).read_bytes()
                self._bytes += len(content)
                mode = stat.S_IMODE(facts.st_mode) & 0o777
                self.copies.append(Copy(self._place(inside), content, mode, facts.st_mtime_ns))
                return
        self._link(inside, entry.path)

    def _link(self, inside: str, leads_to: str) -> None:
        self.links.append((self._place(inside), leads_to))

    def _place(self, inside: str) -> str:
        """Return a path in the project as one in the working folder."""
        return os.path.normpath(os.path.join(self.project, inside))


def _entries(folder: "Path | str", at_most: int | None) -> "list[os.DirEntry[str]] | None":
    """List a folder, in the order of the names; None if it holds more, or can't be read."""
    try:
        with os.scandir(folder) as listing:
            entries = list(islice(listing, None if at_most is None else at_most + 1))
    except OSError:
        return None
    return None if at_most is not None and len(entries) > at_most else sorted(entries, key=lambda entry: entry.name)


def _is_environment(entries: "list[os.DirEntry[str]]") -> bool:
    return any(entry.name in ENVIRONMENT for entry in entries)


def _destination(folder: str, text: str, root: Path) -> str:
    """Return where a link of the project leads from a working folder: if it leads into the project, to its own copy."""
    target = os.path.normpath(os.path.join(folder, text))
    return os.path.relpath(target, folder) if Path(target).is_relative_to(root) else os.path.join(folder, text)


def _top(root: Path) -> Path:
    """Return the folder above a project's git repository; without one, the folder above the project."""
    return next((folder.parent for folder in (root, *root.parents) if (folder / ".git").exists()), root.parent)
