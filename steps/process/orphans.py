"""No process of a study outlives the one that it works for, however that one ends.

A process that is killed ends none of its children. Process groups, pipes and PR_SET_PDEATHSIG don't reach all of
them: a shell may stand between, or MLflow's own process. So each process watches itself.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Iterable

from steps.names import Variable
from steps.process import proc

# How long a process may take to end in order once one that it follows is gone.
GRACE_S = 3.0
_POLL_S = 0.25
_DESERTED = threading.Event()


def follow(pids: Iterable[int]) -> None:
    """End this process when any of the others ends: SIGTERM to itself first, after GRACE_S an exit on the spot."""
    watched = [pid for pid in pids if pid > 1]

    def wait() -> None:
        _wait_for_any(watched)
        _DESERTED.set()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os._exit(128 + signal.SIGTERM)

    if watched:
        threading.Thread(target=wait, name="follower", daemon=True).start()


def deserted() -> bool:
    """Tell whether a process that this one follows has ended: GRACE_S is left, too little for what takes long."""
    return _DESERTED.is_set()


def follow_launchers() -> None:
    """Follow what started this step: `mlflow run`, what stands between, and the tuner whose trial this is, if any.

    A step that was started by hand follows nobody: it may be meant to outlive its shell (`nohup`).
    """
    pids = launchers(os.environ[Variable.RUN_ID]) if Variable.RUN_ID in os.environ else []
    if Variable.TUNER in os.environ:
        pids.append(int(os.environ[Variable.TUNER]))
    follow(pids)


def launchers(run_id: str) -> list[int]:
    """List the processes above this one, up to and including the `mlflow run` that started it for a run.

    MLflow puts the run's id into the command's environment. A process that has it, such as the shell that activates a
    conda environment, stands between; the first without it is `mlflow run`. If the environment of other processes can't
    be read (no Linux), it is the parent alone.
    """
    mark = f"{Variable.RUN_ID}={run_id}"
    above: list[int] = []
    pid: int | None = os.getppid()
    while pid is not None and pid > 1:
        above.append(pid)
        if not proc.has_variable(pid, mark):
            break
        pid = proc.parent_of(pid)
    return above


def _wait_for_any(pids: list[int]) -> None:
    poll = select.poll()
    try:
        for pid in pids:
            poll.register(os.pidfd_open(pid), select.POLLIN)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # another system, an old kernel (ENOSYS), a sandbox that refuses it (EPERM)
        while all(map(is_alive, pids)):
            time.sleep(_POLL_S)
        return
    poll.poll()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs. Without /proc one that has ended counts until its parent has waited for it.

    Some parents never do: a container's first process may be any program.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not proc.has_ended(pid)
