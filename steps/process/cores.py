"""How many cores a process may use by the quota of its control group, and of those above it."""

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from steps.process.free_memory import control_groups


def within_quota(cores: int, root: Path = Path("/")) -> int:
    """Return the cores of a number that the quota allows, a part of a core counting as one; at least 1.

    joblib reads only the quota of the topmost group, a container's; systemd and Slurm set that of a group below.
    """
    quotas = [quota for group, is_old in control_groups(root, "cpu") for quota in _quota(group, old=is_old)]
    return max(1, min([cores, *(math.ceil(quota) for quota in quotas)]))


def _quota(group: Path, *, old: bool) -> Iterator[float]:
    """Yield the quota of a control group, in cores, if it has one: the older kind says -1 of none, the other `max`."""
    with suppress(OSError, ValueError):
        if old:
            words = [(group / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")]
        else:
            words = (group / "cpu.max").read_text().split()
        quota, period = map(int, words)
        if quota > 0 and period > 0:
            yield quota / period
