"""A small disk in memory, which can be filled."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benchmarks.contenders.contender import Unmeasured

_SIZE = "16m"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount one below a folder; it is gone at the end."""
    disk = folder / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unmeasured(f"mounting a disk is not allowed here: {done.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
