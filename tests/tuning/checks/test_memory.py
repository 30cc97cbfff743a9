import json
import sys

import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import memory
from steps.tuning.checks.memory import MB, Memory

K = 1024
PLENTY = Memory(10**15, 10**15)


def check(dataset, memory_of_process, jobs=4, **settings):
    memory.check(TuneSettings(**settings), jobs, dataset, memory_of_process)


def table(megabytes):
    """What is recorded of a table of numbers that takes so much."""
    return {"profile": json.dumps({"num_elements": megabytes * MB // 8})}


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


@pytest.mark.parametrize("backend", ["warm", "local"])
@pytest.mark.parametrize("data", [{}, table(100)])
def test_where_there_is_enough_nothing_is_said(backend, data, capsys):
    """With memory to spare, and where nobody knows how much there is."""
    check(data, PLENTY, backend=backend)
    check(data, None, backend=backend)
    assert lines(capsys) == []


@pytest.mark.parametrize(
    ("settings", "need"),
    [
        ({}, 4 * 130),
        ({"jobs": 2}, 2 * 130),
        ({"jobs": 64}, 4 * 130),  # the window
        ({"jobs": 64, "window": 64, "n_trials": 3}, 3 * 130),
        ({"jobs": 2, "backend": "local"}, 2 * 600),
    ],
)
def test_too_little_available_is_one_warning(settings, need, capsys):
    """The trials that run at a time, what they may need and what there is; a byte more, and there is no warning."""
    check(table(100), Memory(need * MB, 10**15), **settings)
    assert lines(capsys) == []
    check(table(100), Memory(need * MB - 1, 10**15), **settings)
    (line,) = lines(capsys)
    assert line.startswith(f"tune: --jobs {settings.get('jobs', 4)}: ")
    assert f"may need {need} MB" in line
    assert ("--backend warm" in line) == (settings.get("backend") == "local")


@pytest.mark.parametrize(("backend", "least"), [("warm", 4 * 15), ("local", 4 * 250)])
def test_too_little_in_all_is_refused(backend, least, capsys):
    """If half of what is expected is more than the whole machine has, the study does not start."""
    check(table(100), Memory(10**15, least * MB), backend=backend)
    with pytest.raises(WrongValue) as caught:
        check(table(100), Memory(10**15, least * MB - 1), backend=backend)
    (problem,) = caught.value.problems
    assert f"need at least {least} MB" in problem
    assert "give fewer --jobs" in problem
    assert lines(capsys) == []


def test_another_backend_has_memory_of_its_own(capsys):
    """What a cluster has is not looked at."""
    check(table(100), Memory(0, 0), backend="databricks")
    assert lines(capsys) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_has_memory():
    """Here it is known, and there is less available than there is."""
    measured = memory.of_this_process()
    assert measured is not None
    assert 100 * MB < measured.available < measured.total


@pytest.fixture
def system(tmp_path):
    """Make the files in which Linux says how much memory there is: 8 MB, 6 of them available, and 1 MB of swap."""

    def make(groups):
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "proc" / "meminfo").write_text("MemTotal: 8000 kB\nMemAvailable: 6000 kB\nSwapTotal: 1000 kB\n")
        (tmp_path / "proc" / "self" / "cgroup").write_text(groups)
        return memory.of_this_process(tmp_path)

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
    assert memory.of_this_process(tmp_path) is None
