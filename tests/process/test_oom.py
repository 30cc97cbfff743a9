"""What Linux counts of the processes that it has killed for want of memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.process import oom
from tests import control_group

TAKES = "import sys; len(bytearray(300_000_000))"


@pytest.mark.parametrize(
    ("group", "file", "text"),
    [
        ("0::/a/b\n", "sys/fs/cgroup/a/b/memory.events", "low 0\noom 3\noom_kill 2\n"),
        ("0::/\n", "sys/fs/cgroup/memory.events", "oom_kill 2\n"),
        ("4:memory:/docker/1f0\n0::/\n", "sys/fs/cgroup/memory/memory.oom_control", "under_oom 0\noom_kill 2\n"),
        ("0::/not/mounted/here\n", "proc/vmstat", "pgfault 7\noom_kill 2\n"),
    ],
)
def test_the_number_is_the_control_groups_else_the_machines(tmp_path: Path, group: str, file: str, text: str) -> None:
    """Of both kinds of groups, the nearest that is to be seen; a container's is at the top."""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text(group)
    (tmp_path / "proc" / "vmstat").write_text("oom_kill 9\n")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert oom.kills(tmp_path) == 2


def test_elsewhere_than_on_linux_it_is_none(tmp_path: Path) -> None:
    """Without those files there is no answer."""
    assert oom.kills(tmp_path) == 0


@pytest.fixture
def small() -> Iterator[Path]:
    """A control group that may have 100 MB."""
    with control_group.limited("memory", "memory.limit_in_bytes", "100000000") as group:
        yield group


def test_a_process_that_is_killed_for_its_memory_is_counted(small: Path) -> None:
    """By Linux itself, in a real control group; one that ends well is not."""
    script = f"""
import subprocess, sys
from steps.process import oom
before = oom.kills()
subprocess.run([sys.executable, "-c", "pass"], check=True)
same = oom.kills()
code = subprocess.run([sys.executable, "-c", {TAKES!r}]).returncode
print(same - before, code, oom.kills() - same)
"""
    words = ["bash", "-c", f'echo $$ >{small}/cgroup.procs; exec "$@"', "bash", sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "0 -9 1\n"
