"""Who works on a study: one tuner at a time. All rules about that stand here.

A tuner writes into a tag of its parent run which process it is and, as it goes on, a sign of life. On its own host
another one knows at once whether that process lives, by boot id, process id and start time; from elsewhere it goes by
the age of the sign. A tuner that died before it could write the tag is known by its run's parameter `study`, and by no
process on this host that carries its run's id.
"""

import json
import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Role, Tag, Variable
from steps.process import proc

# How often a tuner gives a sign of life, and the age of one from which it is taken for dead.
HEARTBEAT_S = 20.0
# MLflow waits up to 120 s between its tries to reach a server that is away; meanwhile there is no sign.
DEAD_S = 300.0
# How long a run may have started and not have said who works on it.
_SILENT_S = 20.0
_POLL_S = 0.5


@dataclass
class StudyLock:
    """What this process has of a study: the signs of life on its parent run."""

    run_id: str
    _next: float = 0.0

    def heartbeat(self) -> None:
        """Give a sign of life, if it is time."""
        if time.monotonic() >= self._next:
            MlflowClient().set_tag(self.run_id, Tag.TUNER, json.dumps(_self()))
            self._next = time.monotonic() + HEARTBEAT_S

    def due_s(self) -> float:
        """Return the seconds until the next sign is due."""
        return max(0.0, self._next - time.monotonic())

    def release(self) -> None:
        """Take the marks of the study off its run, which then is no part of it."""
        client = MlflowClient()
        marks = {Tag.STUDY, Tag.ROLE, Tag.TUNER, Tag.IDENTITY}
        for tag in client.get_run(self.run_id).data.tags.keys() & marks:
            client.delete_tag(self.run_id, tag)


def acquire(study: str, run: Run) -> StudyLock:
    """Claim a study for this process, whose parent run is given.

    Raises WrongValue where another one works on it: who has opened the study has it, and of two that start together the
    older run; see `confirm`. What dead tuners left RUNNING becomes KILLED.
    """
    client, run_id = MlflowClient(), run.info.run_id
    client.set_tag(run_id, Tag.STUDY, study)
    client.set_tag(run_id, Tag.ROLE, Role.STUDY)
    study_lock = StudyLock(run_id)
    study_lock.heartbeat()
    for other in running(run.info.experiment_id, study):
        if other.info.run_id == run_id or not (_is_older(other, run) or _has_opened(other)):
            continue
        if is_alive(other.info.run_id):
            _give_way(study_lock, study, other.info.run_id)
        client.set_terminated(other.info.run_id, "KILLED")
    return study_lock


def confirm(study_lock: StudyLock, study: str, run: Run) -> None:
    """Make sure of a claim once the study has been opened, before its first child is launched.

    A run that is older may start late, on a host where its environment had to be built first: it has not been seen
    then. It gives way to a study that has been opened, unless it came before this: then this one does.
    Raises WrongValue as `take` does.
    """
    for other in running(run.info.experiment_id, study):
        if _is_older(other, run) and Tag.TUNER in other.data.tags and is_alive(other.info.run_id):
            _give_way(study_lock, study, other.info.run_id)


def _give_way(study_lock: StudyLock, study: str, run_id: str) -> None:
    study_lock.release()
    raise WrongValue(
        f"--study {study!r}: {_who(MlflowClient().get_run(run_id))} works on it, in run {run_id}; wait for its end, or "
        "give another name"
    )


def running(experiment_id: str, study: str) -> list[Run]:
    """List the RUNNING parent runs of a study, those that have not named themselves yet too."""
    client = MlflowClient()
    found: dict[str, Run] = {}
    for known_by in (
        f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` = '{Role.STUDY}'",
        f"params.study = '{study}'",
    ):
        for run in client.search_runs([experiment_id], f"attributes.status = 'RUNNING' AND {known_by}"):
            if run.data.tags.get(Tag.ROLE, Role.STUDY) == Role.STUDY:
                found[run.info.run_id] = run
    return list(found.values())


def is_alive(run_id: str) -> bool:
    """Tell whether the tuner of a RUNNING parent run lives; one that has not said who it is is given time to."""
    while True:
        run = MlflowClient().get_run(run_id)
        tag = run.data.tags.get(Tag.TUNER)
        if tag is not None:
            return _lives(json.loads(tag))
        if proc.with_variable(f"{Variable.RUN_ID}={run_id}"):
            return True
        if run.info.status != "RUNNING" or time.time() - run.info.start_time / 1000 > _SILENT_S:
            return False
        time.sleep(_POLL_S)


def _lives(tuner: dict[str, Any]) -> bool:
    own = _self()
    if tuner["host"] != own["host"]:
        return bool(time.time() - tuner["beat"] < DEAD_S)
    return bool(tuner["boot"] == own["boot"] and tuner["started"] == proc.started(tuner["pid"]))


def _self() -> dict[str, Any]:
    pid = os.getpid()
    return {
        "host": socket.gethostname(),
        "boot": _boot(),
        "pid": pid,
        "started": proc.started(pid),
        "beat": time.time(),
    }


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _is_older(one: Run, other: Run) -> bool:
    return bool((one.info.start_time, one.info.run_id) < (other.info.start_time, other.info.run_id))


def _has_opened(run: Run) -> bool:
    return Tag.IDENTITY in run.data.tags


def _who(run: Run) -> str:
    tag = run.data.tags.get(Tag.TUNER)
    tuner = json.loads(tag) if tag else {}
    return f"process {tuner['pid']} on {tuner['host']}" if tuner else "another process"


def with_dead_tuners(runs: Iterable[Run]) -> list[Run]:
    """Pick those of RUNNING parent runs whose tuners are dead."""
    return [run for run in runs if not is_alive(run.info.run_id)]
