"""How many processes Linux has killed for want of memory: in this one's control group, else on the machine."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from steps.process import free_memory


def kills(root: Path = Path("/")) -> int:
    """Count the processes that were killed so since the machine, or the control group, has been there.

    0 if nothing says so, as on another system.
    """
    for file in _files(root):
        with suppress(OSError, ValueError, KeyError):
            return int(dict(line.split() for line in file.read_text().splitlines())["oom_kill"])
    return 0


def _files(root: Path) -> Iterator[Path]:
    """Yield the files that may have the number, the nearest to this process first."""
    for group, is_old in free_memory.control_groups(root):
        yield group / ("memory.oom_control" if is_old else "memory.events")
    yield root / "proc/vmstat"
