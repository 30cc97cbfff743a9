import pytest

from steps.process import free_memory
from steps.process.free_memory import Memory
from tests import needs

K = 1024


@needs.PROC
def test_this_machine_has_memory():
    """Here it is known, and there is less available than there is."""
    measured = free_memory.of_this_process()
    assert measured is not None
    assert 100_000_000 < measured.available < measured.total


@pytest.fixture
def system(tmp_path):
    """Make the files in which Linux says how much memory there is: 8 MB, 6 of them available, and 1 MB of swap."""

    def make(groups):
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc" / "meminfo").write_text("MemTotal: 8000 kB\nMemAvailable: 6000 kB\nSwapTotal: 1000 kB\n")
        (tmp_path / "proc" / "self" / "cgroup").write_text(groups)
        return free_memory.of_this_process(tmp_path)

    return make


def test_without_a_control_group_it_is_the_machines(system):
    """What is available, and all of it with the swap."""
    assert system("0::/\n") == Memory(6000 * K, 9000 * K)


def test_the_limit_of_a_control_group_counts(tmp_path, system):
    """Its limit in place of the machine's, less what is used but for the files that are cached."""
    group = tmp_path / "sys" / "fs" / "cgroup" / "a" / "b"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text(f"{4000 * K}\n")
    for folder in (group, group.parent):
        (folder / "memory.current").write_text(f"{1500 * K}\n")
        (folder / "memory.stat").write_text(f"anon 1\ninactive_file {500 * K}\n")
    assert system("0::/a/b\n") == Memory(3000 * K, 5000 * K)


def test_so_does_that_of_the_older_kind(tmp_path, system):
    """Control groups as they were before, where a container sees its own at the top."""
    group = tmp_path / "sys" / "fs" / "cgroup" / "memory"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(f"{2000 * K}\n")
    (group / "memory.usage_in_bytes").write_text(f"{2500 * K}\n")
    (group / "memory.stat").write_text("cache 1\ntotal_inactive_file 0\n")
    assert system("5:cpu:/x\n4:memory:/docker/1f0\n0::/\n") == Memory(0, 3000 * K)


def test_elsewhere_than_on_linux_nobody_knows(tmp_path):
    """Without those files there is no answer."""
    assert free_memory.of_this_process(tmp_path) is None
