"""The files of the repository, for the tests that read them."""

import fnmatch
import os
import subprocess
from pathlib import Path


def tracked(root: Path) -> list[str]:
    """The paths of the files in the repository; of a tree without git, those that .gitignore does not name."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False).stdout.decode()
    except OSError:  # no git on this machine
        listed = ""
    names = [name for name in listed.split("\0") if name and (root / name).is_file()]
    return sorted(names or walked(root))


def walked(root: Path) -> list[str]:
    """The paths of the files in a tree, but for what the .gitignore at its root names."""
    lines = (root / ".gitignore").read_text().splitlines() if (root / ".gitignore").is_file() else []
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith("#")]

    def ignored(path: str) -> bool:
        names = (f"/{path}", path.rpartition("/")[2])
        return names[1] == ".git" or any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns)

    files = []
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not ignored(str(below / name))]
        files += [str(below / name) for name in names if not ignored(str(below / name))]
    return files


def is_text(path: Path) -> bool:
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
