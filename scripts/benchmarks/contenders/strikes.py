"""What is done to a study, each at the same moment: when six trials have ended and another is at work."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from scripts.benchmarks.contenders.contender import Contender, kill, waited

AFTER = 6  # trials that have ended
# How long what is taken away stays away. A study that gives up before gets it back at once.
SERVER_S = 240.0
LOCKED_S = 60.0
FULL_S = 60.0
_LOCKS_S = 60.0


def driver_killed(study: Contender) -> None:
    """SIGKILL to the process that drives the study; where several do, to all of them."""
    kill(study.drivers(), signal.SIGKILL)


def interrupted(study: Contender) -> None:
    """SIGINT to all processes that a terminal would send it to."""
    for group in study.groups():
        os.killpg(group, signal.SIGINT)


def trial_killed(study: Contender) -> None:
    """SIGKILL to the process of one trial."""
    kill(study.trials()[:1], signal.SIGKILL)


def node_killed(study: Contender) -> None:
    """SIGKILL to all processes of one node."""
    kill(study.node(), signal.SIGKILL)


def node_silent(study: Contender) -> None:
    """SIGSTOP to all processes of one node."""
    node = study.node()
    study.silent.update(node)
    kill(node, signal.SIGSTOP)


def server_down(study: Contender) -> None:
    """SIGKILL to the tracking server, which is started again after minutes."""
    server = study.server
    server.kill()
    time.sleep(SERVER_S)  # the outage itself
    server.start()


def database_locked(study: Contender) -> None:
    """Another process has the database to itself for a minute."""
    with closing(sqlite3.connect(study.database, timeout=_LOCKS_S, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        waited(study.over, LOCKED_S)
        other.execute("ROLLBACK")


def disk_full(study: Contender) -> None:
    """Somebody else fills the disk that has the record, and makes room after a minute."""
    rest = study.disk / "rest"
    began = time.monotonic()
    while not study.over() and time.monotonic() < began + FULL_S:
        with suppress(OSError), rest.open("ab", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        waited(study.over, 0.1)
    rest.unlink()


@dataclass(frozen=True)
class Fault:
    """A fault: what a reader calls it, what it does, and what it needs (server, disk, cluster, or nothing)."""

    title: str
    strike: Callable[[Contender], None]
    needs: str = ""


FAULTS = {
    "driver": Fault("driver killed", driver_killed),
    "interrupt": Fault("Ctrl-C", interrupted),
    "trial": Fault("trial killed", trial_killed),
    "node": Fault("node killed", node_killed, "cluster"),
    "silent": Fault("node silent", node_silent, "cluster"),
    "server": Fault("server down 4 minutes", server_down, "server"),
    "locked": Fault("database locked", database_locked),
    "disk": Fault("disk full", disk_full, "disk"),
}
