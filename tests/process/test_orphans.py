import errno
import os
import signal
import subprocess
import sys
import threading

import pytest

from steps.names import Variable
from steps.process import orphans
from steps.project.environment import PROJECT
from tests import needs

pytestmark = pytest.mark.e2e

# Follows the processes of its arguments, prints that it does, and sleeps; a variant is lines that come before.
FOLLOWER = """
import os, signal, sys, time
from steps.process import orphans
orphans.GRACE_S = {grace_s}
{variant}
orphans.follow(map(int, sys.argv[1:]))
print("following", flush=True)
time.sleep(120)
"""
POLLING = "del os.pidfd_open"
REFUSED = "from tests import without_pidfd; without_pidfd.refuse({})".format
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
ORDERLY = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7 if orphans.deserted() else 8))"


def sleeper():
    """A process that does nothing."""
    return subprocess.Popen(["sleep", "120"])


def follower(variant, *pids):
    grace_s = 0.1 if variant == STUBBORN else 60  # who ends in order has the time for it on a busy machine
    words = [sys.executable, "-c", FOLLOWER.format(variant=variant, grace_s=grace_s), *map(str, pids)]
    return subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("variant", "code"),
    [
        pytest.param("", -signal.SIGTERM, id="plain"),
        pytest.param(ORDERLY, 7, id="ends in order"),
        pytest.param(STUBBORN, 128 + signal.SIGTERM, id="ignores SIGTERM"),
        pytest.param(POLLING, -signal.SIGTERM, id="without pidfd"),
        pytest.param(REFUSED(errno.ENOSYS), -signal.SIGTERM, id="an old kernel"),
        pytest.param(REFUSED(errno.EPERM), -signal.SIGTERM, id="a sandbox"),
    ],
)
def test_a_follower_ends_with_any_that_it_follows(variant, code):
    """It gets SIGTERM first, and is ended after the grace time, when one of those that it follows was killed."""
    with sleeper() as kept, sleeper() as killed, follower(variant, kept.pid, killed.pid) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "following\n"
        assert process.poll() is None
        killed.kill()
        killed.wait()
        assert process.wait(timeout=100) == code
        kept.kill()


@pytest.mark.parametrize("variant", [ORDERLY, POLLING + "\n" + ORDERLY])
def test_a_follower_of_a_process_that_is_gone_ends_at_once(variant):
    """One that died before it could be watched counts as dead."""
    with sleeper() as gone:
        gone.kill()
    with follower(variant, gone.pid) as process:
        assert process.wait(timeout=100) == 7


def following():
    return [thread for thread in threading.enumerate() if thread.name == "follower"]


def test_nobody_is_followed_by_a_step_that_was_started_by_hand(monkeypatch):
    """Without an id of a run or of a tuner in its environment, a step watches for nobody; nor does it follow init."""
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.delenv(Variable.TUNER, raising=False)
    orphans.follow_launchers()
    orphans.follow([0, 1])
    orphans.follow([])
    assert following() == []


# Starts so many shells, one in the other, which write their ids to stderr from far to near; the last starts Python.
CHAIN = """
echo $$ >&2
if [ "$1" -gt 1 ]; then bash -c "$CHAIN" chain $(($1 - 1)); else "$PYTHON" -c "$ASK"; fi
exit
"""
ASK = "from steps.process import orphans; print(*orphans.launchers('abc'))"


def launchers(shells, variables):
    """The launchers of a process that some shells with variables started; and these shells, from near to far."""
    env = {name: value for name, value in os.environ.items() if name != "MLFLOW_RUN_ID"}
    env |= {"CHAIN": CHAIN, "PYTHON": sys.executable, "ASK": ASK, **variables}
    words = ["bash", "-c", CHAIN, "chain", str(shells)]
    done = subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True, check=True)
    return [int(pid) for pid in done.stdout.split()], [int(pid) for pid in done.stderr.split()][::-1]


@needs.PROC
@pytest.mark.parametrize("shells", [1, 2])
def test_launchers_are_all_up_to_the_first_that_does_not_know_the_run(shells):
    """A process with the run's id in its environment stands between; the first without it launched: here the test."""
    above, between = launchers(shells, {"MLFLOW_RUN_ID": "abc"})
    assert above == [*between, os.getpid()]


@needs.PROC
@pytest.mark.parametrize("variables", [{}, {"MLFLOW_RUN_ID": "ab"}, {"MLFLOW_RUN_ID": "abcd"}])
def test_only_the_parent_launches_where_it_does_not_know_the_run(variables):
    """Where the parent has no id, or another, it is the launcher, and nobody above it is followed."""
    above, between = launchers(2, variables)
    assert above == between[:1]


def test_waiting_ends_when_one_of_several_ends():
    """Of two processes the one that lives does not keep the wait from ending, in whichever order they are given."""
    for order in (1, -1):
        with sleeper() as kept, subprocess.Popen(["sleep", "0.05"]) as short:
            orphans._wait_for_any([kept.pid, short.pid][::order])
            assert kept.poll() is None
            kept.kill()
