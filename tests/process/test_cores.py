"""How many cores the quota of a control group allows."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steps.process import cores
from tests import control_group


@pytest.fixture
def system(tmp_path: Path) -> Callable[[str, dict[str, str]], Path]:
    """Make the files in which Linux says to which control group a process belongs, and what that may have."""

    def make(groups: str, files: dict[str, str]) -> Path:
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc" / "self" / "cgroup").write_text(groups)
        for name, text in files.items():
            path = tmp_path / "sys" / "fs" / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("groups", "files", "usable"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "250000 100000\n"}, 3),
        ("0::/a\n", {"a/cpu.max": "9900000 100000\n"}, 8),
        ("3:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "20000\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, 1),
        ("3:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, 8),
        (
            "4:cpu,cpuacct:/docker/1f0\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "200000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"},
            2,
        ),
    ],
)
def test_the_smallest_quota_counts(
    system: Callable[[str, dict[str, str]], Path], groups: str, files: dict[str, str], usable: int
) -> None:
    """Of both kinds of groups, a part of a core counts as one."""
    assert cores.within_quota(8, system(groups, files)) == usable


def test_elsewhere_than_on_linux_there_is_none(tmp_path: Path) -> None:
    """Without those files all cores count."""
    assert cores.within_quota(8, tmp_path) == 8


@pytest.fixture
def half() -> Iterator[Path]:
    """A control group that may have half a core."""
    with control_group.limited("cpu", "cpu.cfs_quota_us", "50000") as group:
        yield group


def test_a_real_group_of_half_a_core_is_one(half: Path) -> None:
    """As systemd and Slurm make them, below the topmost."""
    script = "from steps.process import cores; print(cores.within_quota(8))"
    words = ["bash", "-c", f'echo $$ >{half}/cgroup.procs; exec "$@"', "bash", sys.executable, "-c", script]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "1\n"
