"""What the process has imported that this one was forked from, if it was."""

import os
from pathlib import Path


def parent_has(library: str) -> bool:
    """Tell whether the parent has loaded a library, by a part of its file's name."""
    return library in Path(f"/proc/{os.getppid()}/maps").read_text()
