"""What a tuner needs of a submitted run beyond MLflow's own interface; the runs of this project's backends have it."""

import signal
from abc import abstractmethod
from pathlib import Path

from mlflow.entities import RunStatus
from mlflow.projects.submitted_run import SubmittedRun

# How long a child may take to end once it was asked to.
GRACE_S = 2.0
KILLED = "killed by "
# A failure that says nothing of the trial: what executed it is gone.
LOST = "lost: "
_MAYBE = " (out of memory?)"  # nothing else tells: the system kills without a word
RUNNING = RunStatus.to_string(RunStatus.RUNNING)


class Handle(SubmittedRun):
    """A child run; `output` is the file that gets what it writes to stdout and stderr, maybe only once it has ended.

    `begun` is the `time.monotonic()` of its command's start, None before; `node` where that is, None on this machine.
    """

    output: Path
    begun: float | None = None
    node: str | None = None

    @property
    @abstractmethod
    def sentinel(self) -> int:
        """Return a descriptor that is readable once the run has ended."""

    @abstractmethod
    def signal(self, number: int) -> None:
        """Ask the child and all that it started to end (SIGTERM), or end them (SIGKILL); does not wait."""

    @abstractmethod
    def failure(self) -> str | None:
        """Say how an ended run failed; None if it ended well."""


def exit_reason(code: int) -> str:
    """Say in words what an exit code means: that of a signal, as a process, a shell and a step say it, or any other."""
    number = -code if code < 0 else code - 128
    if number not in {int(known) for known in signal.Signals}:
        return f"exit code {code}"
    return f"{KILLED}{signal.Signals(number).name}{_MAYBE if number == signal.SIGKILL else ''}"
