"""The memory that a process can still get: of the machine, or of its control group."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Memory:
    """Bytes that the processes of this one's control group can still get, and that they can have at all."""

    available: float
    total: float


def of_this_process(root: Path = Path("/")) -> Memory | None:
    """Ask Linux for the memory of this process: the machine's, or its control group's if that is less.

    None on another system.
    """
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        kilobytes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
        available, total, swap = (kilobytes[key] * 1024 for key in ("MemAvailable", "MemTotal", "SwapTotal"))
    except (OSError, KeyError):
        return None
    for group, is_old in control_groups(root):
        for limit, used in _limit(group, old=is_old):
            available, total = min(available, limit - used), min(total, limit)
    return Memory(max(0, available), total + swap)


def control_groups(root: Path, controller: str = "memory") -> Iterator[tuple[Path, bool]]:
    """Yield the folders of this process's control group and of those above it; True: of the older kind."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "" or controller in controllers.split(","):
                mount = root / "sys/fs/cgroup" / controllers
                inside = PurePosixPath(path.lstrip("/"))
                for group in (inside, *inside.parents):
                    yield mount / group, bool(controllers)


def _limit(group: Path, *, old: bool) -> Iterator[tuple[int, int]]:
    """Yield limit and use of a control group, if it has a limit.

    Pages that are only cached from files are not counted as used: the system gives them up when memory is short.
    """
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    limit, usage, cached = names if old else ("memory.max", "memory.current", "inactive_file")
    with suppress(OSError, ValueError, KeyError):  # no limit: no such file, or `max` in it
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        used = int((group / usage).read_text()) - int(statistics[cached])
        yield int((group / limit).read_text()), used
