"""A child run as a tuner sees it: one interface for the runs of every backend."""

import signal
import time
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import SubmittedRun

from steps.errors import Unreachable
from steps.names import Metric

# How long a child may take to end once it was asked to.
GRACE_S = 2.0
# How often a run is looked at whose backend gives no descriptor to wait on.
POLL_S = 0.1
# What the reason of a failure begins with if the trial is not to blame: its process, or what executed it, was killed.
KILLED = "killed by "
LOST = "lost: "
# A child that is to be run again whatever `retries` says: how it was started, and not what it is, has made it fail.
AGAIN = f"{LOST}run again from a cold start: "
# Likewise: as far as anybody knows it never began, on a cluster of which a node died meanwhile.
UNREPORTED = f"{LOST}no node has reported it since one died"
FREE = (AGAIN, UNREPORTED)
# The system does not tell a process's parent why it was killed. Linux counts its own kills for memory, but those of a
# program such as systemd-oomd look like anybody's.
_MAYBE, _SURELY = " (out of memory?)", " (out of memory)"

# RunStatus by name: the run is queued, or its command runs.
_NOT_ENDED = [RunStatus.to_string(status) for status in (RunStatus.SCHEDULED, RunStatus.RUNNING)]


class ChildRun(SubmittedRun):
    """A child run that has been submitted.

    `output` is the file with what the child writes to stdout and stderr; some backends fill it only at the end.
    `started` is the `time.monotonic()` at which the command started, None while the run is queued on a cluster.
    `node` is the address of the cluster's node that executes the run, None on this machine. `device` names the devices
    that a cluster has given it there. `grace_s` is how long it may take to end once it was asked to.
    """

    output: Path
    started: float | None = None
    node: str | None = None
    device: str = ""
    grace_s: float = GRACE_S

    @property
    @abstractmethod
    def sentinel(self) -> int | None:
        """Return a descriptor that is readable once the run has ended; None if its backend gives none."""

    @property
    def is_queued(self) -> bool:
        """Tell whether the run still waits for its place on a cluster."""
        return self.started is None

    def is_running(self) -> bool:
        """Tell whether the run has not ended yet."""
        return self.get_status() in _NOT_ENDED

    @abstractmethod
    def signal(self, number: int) -> None:
        """Send SIGTERM or SIGKILL to the child and all that it started, if the backend can; does not wait."""

    def ask_to_end(self) -> None:
        """Ask the run to end; waits for nothing, if the backend allows that."""
        self.signal(signal.SIGTERM)

    def end_strays(self) -> None:
        """Kill the processes that an ended run has left behind on this machine."""

    @property
    def costs(self) -> Mapping[str, float]:
        """Return what an ended run took, by the names of metrics; empty where its backend can't tell."""
        return {}

    @abstractmethod
    def failure(self) -> str | None:
        """Say how an ended run failed; None if it ended well."""

    def ends_within(self, seconds: float) -> bool:
        """Wait up to some seconds for the end; tell whether the run has ended."""
        deadline = time.monotonic() + seconds
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return not self.is_running()


def costs_of(used: Mapping[str, float]) -> dict[str, float]:
    """Return as metrics what the launcher reports of a fork that has ended; empty if it reports nothing."""
    if "max_rss_kb" not in used:
        return {}
    # Hundredths of a second and KiB are what the system counts in.
    return {Metric.PEAK_MEMORY: used["max_rss_kb"] * 1024 / 1_000_000, Metric.CPU: round(used["cpu_s"], 6)}


def exit_reason(code: int, *, out_of_memory: bool = False) -> str:
    """Say what an exit code means; `out_of_memory`: the system has killed something for its memory meanwhile.

    A signal's code is negative from a process, 128 more than its number from a shell or a step.
    """
    number = -code if code < 0 else code - 128
    if number not in {int(each) for each in signal.Signals}:
        return f"exit code {code}"
    memory = _SURELY if out_of_memory else _MAYBE
    return f"{KILLED}{signal.Signals(number).name}{memory if number == signal.SIGKILL else ''}"


def is_free(reason: str) -> bool:
    """Tell whether a failure says nothing of the trial, which is then run again without being counted as a retry."""
    return reason.startswith(FREE)


def is_transient(reason: str) -> bool:
    """Tell whether a failure may not come again: what executed the run was killed, or the tracking server was away."""
    return reason.startswith((KILLED, LOST)) or reason == f"exit code {Unreachable.exit_code}"
