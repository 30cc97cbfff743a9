"""Scripts of a project that MLproject does not declare: MLflow runs a `.py` or `.sh` file by its path all the same."""

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from steps.project import paths

ENDINGS = (".py", ".sh")
ALLOWED = "the path of a .py or .sh file in the project"
# A search for the nearest name looks at no more files and no deeper: a project may hold a million data files.
_MOST_FILES = 5000
_DEEPEST = 4
# Folders without scripts that somebody would train with, beside hidden ones, virtual environments and our own package.
_OTHERS = ("__pycache__", "build", "dist", "mlartifacts", "mlruns", "node_modules", "tests")
_OURS = Path(__file__).resolve().parents[1]
# How near a file name must be if its folder is another one.
_CUTOFF = 0.8


def relative(name: str, root: Path) -> str:
    """Return a path as it is seen from the project's folder; one that leads out of the folder begins with `..`."""
    is_absolute = name.startswith(("/", "~"))
    path = paths.absolute(name) if is_absolute else root / name
    if is_absolute and not path.is_relative_to(root):  # its folder may be named by a link
        path = Path(os.path.realpath(path.parent)) / path.name
    return os.path.relpath(path, root)


def problem(name: str, root: Path) -> str | None:
    """Say why a path is no script of the project; None if it is one."""
    seen = relative(name, root)
    if seen.startswith(".."):
        return f"is not in the project's folder, {root}"
    if paths.is_folder(root / seen):
        return "is a folder; name a script in it"
    if not paths.is_file(root / seen):
        return f"there is no such file in {root}"
    return None if seen.endswith(ENDINGS) else "must end in .py or .sh, or be declared in MLproject"


def nearest(name: str, root: Path, entry_points: Iterable[str]) -> str:
    """Name the nearest entry point or script, as the tail of a sentence; a script may be in another folder."""
    scripts = list(_scripts(root))
    files = {Path(script).name: script for script in reversed(scripts)}
    file = Path(name).name
    close = [file] if file in files else []
    close = close or difflib.get_close_matches(name, [*entry_points, *scripts], n=1)
    close = close or difflib.get_close_matches(file, files, 1, _CUTOFF)
    close = [files.get(near, near) for near in close]
    return f" (did you mean {close[0]!r}?)" if close else ""


def _scripts(root: Path) -> Iterator[str]:
    """Yield the paths of the project's scripts, those at the top first."""
    looked_at = 0
    for folder, folders, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if depth < _DEEPEST and _may_hold_scripts(Path(folder, name)))
        for file in sorted(files):
            looked_at += 1
            if looked_at > _MOST_FILES:
                return
            if file.endswith(ENDINGS) and not file.startswith("."):
                yield os.path.relpath(Path(folder, file), root)


def _may_hold_scripts(folder: Path) -> bool:
    is_environment = paths.is_file(folder / "pyvenv.cfg")
    return not (folder.name.startswith(".") or folder.name in _OTHERS or folder == _OURS or is_environment)
