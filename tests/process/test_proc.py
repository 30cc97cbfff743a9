import os
import signal
import subprocess

from steps.process import proc
from tests import needs
from tests.waits import until

pytestmark = needs.PROC


def test_a_process_may_be_called_anything(tmp_path):
    """A command's name with blanks and brackets does not hide who its parent is."""
    odd = tmp_path / "a) S 1 (b"
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([str(odd), "120"], executable=str(odd)) as process:
        assert proc.parent_of(process.pid) == os.getpid()
        process.kill()


def test_the_cpu_time_of_a_process_has_that_of_what_it_started():
    """A shell that waits has taken what its child takes."""
    with subprocess.Popen(["sh", "-c", "while :; do :; done & wait"], start_new_session=True) as process:
        try:
            until(lambda: (proc.cpu_ticks(process.pid) or 0) > 20, 120, "CPU time")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert proc.cpu_ticks(process.pid) is None


def test_processes_are_found_by_a_variable_that_they_were_started_with():
    """Whoever inherited the variable is found, also below a shell; nobody else."""
    mark = f"TEST_MARK={os.getpid()}"
    process = subprocess.Popen(["sh", "-c", "sleep 120; :"], env={**os.environ, "TEST_MARK": str(os.getpid())})
    try:
        until(lambda: len(proc.with_variable(mark)) == 2, 120, "the shell and what it runs")
        assert process.pid in proc.with_variable(mark)
        assert os.getpid() not in proc.with_variable(mark)
    finally:
        for pid in proc.with_variable(mark):
            os.kill(pid, signal.SIGKILL)
        process.wait()
    until(lambda: not proc.with_variable(mark), 120, "nobody left")


def test_a_process_that_is_gone_or_a_zombie_has_no_start():
    """Of a living process the start is known, and is the same each time; of one that nobody has waited for, none."""
    assert proc.started(os.getpid()) == proc.started(os.getpid()) is not None
    with subprocess.Popen(["true"]) as ended:
        until(lambda: proc.started(ended.pid) is None, 120, "the end")
    assert proc.parent_of(ended.pid) is None
