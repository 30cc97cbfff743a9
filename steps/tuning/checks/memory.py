"""Check that memory suffices for the trials that run at a time, each with its data."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings

MB = 1_000_000
# Bytes that a trial takes without its data, by backend: measured with the default space on iris. With the local backend
# a trial is two processes, MLflow's and the step's.
A_TRIAL = {"warm": 30 * MB, "local": 400 * MB}
# How many copies of the table a trial may have at the same time. A fork shares the launcher's, and the estimator may
# make a copy of it; a process of its own reads one too.
TABLES = {"warm": 1, "local": 2}
_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Memory:
    """Bytes that the processes of this one's control group can still get, and that they can have at all."""

    available: float
    total: float


def check(settings: TuneSettings, jobs: int, dataset: Mapping[str, Any], memory: Memory | None) -> None:
    """Say on stderr if memory may not suffice for a study's trials on this machine.

    Raises WrongValue if it cannot suffice: the lowest estimate is more than the machine has. The lowest estimate is
    half of what was measured for a trial and, with the local backend, whose trials each read the table, a table of
    float32. `dataset` is what is recorded of the data, empty if the entry point reads its own.
    """
    backend = settings.backend
    if memory is None or backend not in A_TRIAL:
        return
    at_a_time = min(jobs, settings.window, settings.n_trials)
    elements = json.loads(dataset["profile"])["num_elements"] if dataset else 0
    table = elements * _NUMBER_BYTES
    lowest = at_a_time * (A_TRIAL[backend] / 2 + (table / 2 if backend == "local" else 0))
    likely = at_a_time * (A_TRIAL[backend] + TABLES[backend] * table)
    data = f", with a table of {table / MB:.0f} MB," if dataset else ""
    trials = f"--jobs {jobs}: {at_a_time} trials at a time{data} "
    sharing = ", whose trials share the table" if dataset else ""
    fewer = "give fewer --jobs" + (f", or --backend warm{sharing}" if backend == "local" else "")
    if lowest > memory.total:
        raise WrongValue(
            f"{trials}need at least {lowest / MB:.0f} MB, and this machine has {memory.total / MB:.0f}; {fewer}"
        )
    if likely > memory.available:
        print(
            f"tune: {trials}may need {likely / MB:.0f} MB, and {memory.available / MB:.0f} are available: "
            f"if trials are killed, {fewer}",
            file=sys.stderr,
        )


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
    for limit, used in _groups(root):
        available, total = min(available, limit - used), min(total, limit)
    return Memory(max(0, available), total + swap)


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Yield limit and use of this process's control group, and of those above it, if they have a limit.

    Pages that are only cached from files are not counted as used: the system gives them up when memory is short.
    """
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                mount = root / "sys/fs/cgroup" / controllers
                inside = PurePosixPath(path.lstrip("/"))
                for group in (inside, *inside.parents):
                    yield from _limit(mount / group, old=bool(controllers))


def _limit(group: Path, *, old: bool) -> Iterator[tuple[int, int]]:
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    limit, usage, cached = names if old else ("memory.max", "memory.current", "inactive_file")
    with suppress(OSError, ValueError, KeyError):  # no limit: no such file, or `max` in it
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        used = int((group / usage).read_text()) - int(statistics[cached])
        yield int((group / limit).read_text()), used
