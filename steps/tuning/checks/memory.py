"""Is there enough memory for the trials that run at a time, each with its data?"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from steps.errors import WrongValue
from steps.parameters.settings import TuneSettings

MB = 1_000_000
# What a trial takes for itself, by backend, without its data: measured with the default space on iris. Of the local one
# it is two processes, MLflow's and the step's.
A_TRIAL = {"warm": 30 * MB, "local": 400 * MB}
# And how often it may have the table at the same time: a fork sees the forkserver's, and an estimator may copy that.
TABLES = {"warm": 1, "local": 2}
_NUMBER = 8  # bytes


@dataclass(frozen=True)
class Memory:
    """Bytes: what can be had now, and what there is at all, for the processes of this one's control group."""

    available: float
    total: float


def check(settings: TuneSettings, jobs: int, dataset: Mapping[str, Any], memory: Memory | None) -> None:
    """Say on stderr that memory may not do for a study's trials on this machine.

    Raises WrongValue where it certainly does not: half of what was measured for each trial, and for one that reads the
    table itself that in float32, are more than there is. `dataset` is what is recorded of the data, empty where the
    entry point reads its own.
    """
    backend = settings.backend
    if memory is None or backend not in A_TRIAL:
        return
    at_a_time = min(jobs, settings.window, settings.n_trials)
    elements = json.loads(dataset["profile"])["num_elements"] if dataset else 0
    table = elements * _NUMBER
    least = at_a_time * (A_TRIAL[backend] / 2 + (table / 2 if backend == "local" else 0))
    likely = at_a_time * (A_TRIAL[backend] + TABLES[backend] * table)
    said = f"--jobs {jobs}: {at_a_time} trials at a time, with a table of {table / MB:.0f} MB, "
    fewer = "give fewer --jobs" + (", or --backend warm, whose trials share the table" if backend == "local" else "")
    if least > memory.total:
        raise WrongValue(
            f"{said}need at least {least / MB:.0f} MB, and this machine has {memory.total / MB:.0f}; {fewer}"
        )
    if likely > memory.available:
        print(
            f"tune: {said}may need {likely / MB:.0f} MB, and {memory.available / MB:.0f} are available: if trials are "
            f"killed, {fewer}",
            file=sys.stderr,
        )


def of_this_process(root: Path = Path("/")) -> Memory | None:
    """Ask Linux for the memory of this process: the machine's, or its control group's where that has less.

    None elsewhere.
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
    """Yield limit and use of this process's control group and of those above it, as far as they have a limit.

    Of the use, what is only cached from files is no part: it makes room.
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
    with suppress(OSError, ValueError, KeyError):  # it has none, or `max`
        found = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        used = int((group / usage).read_text()) - int(found[cached])
        yield int((group / limit).read_text()), used
