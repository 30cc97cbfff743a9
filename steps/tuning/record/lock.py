"""Who works on a study: one tuner at a time. All rules about that stand here.

A tuner writes into a tag of its parent run which process it is, and writes it again as a heartbeat. Another tuner on
the same host knows at once whether that process lives, by boot id, process id and start time. A tuner on another host
goes by the age of the heartbeat. A tuner that died before it could write the tag is known by its run's parameter
`study`, and by no process on this host that carries its run's id.
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
from steps.parameters.option import option
from steps.process import orphans, proc
from steps.tracking import own_tags, read

# The seconds between two heartbeats.
HEARTBEAT_S = 20.0
# A tuner on another host is taken for dead if its heartbeat is older. MLflow waits up to 120 s between its tries to
# reach a server that is away, and meanwhile there is no heartbeat.
DEAD_S = 300.0
# A run may have started this long ago and not have written yet who works on it.
_SILENT_S = 20.0
_POLL_S = 0.5


@dataclass
class StudyLock:
    """A study as this process has it: the heartbeats on its parent run."""

    run_id: str
    _next: float = 0.0

    def heartbeat(self) -> None:
        """Write a heartbeat if one is due."""
        if time.monotonic() >= self._next:
            MlflowClient().set_tag(self.run_id, Tag.TUNER, json.dumps(_this_process()))
            self._next = time.monotonic() + HEARTBEAT_S

    def seconds_to_heartbeat(self) -> float:
        """Return the seconds until the next heartbeat is due."""
        return max(0.0, self._next - time.monotonic())

    def release(self) -> None:
        """Take the study's tags off the run, which then is no part of the study."""
        client = MlflowClient()
        study_tags = {Tag.STUDY, Tag.ROLE, Tag.TUNER, Tag.IDENTITY}
        for tag in client.get_run(self.run_id).data.tags.keys() & study_tags:
            client.delete_tag(self.run_id, tag)


def acquire(study: str, run: Run) -> StudyLock:
    """Lock a study for this process, whose parent run is given; what dead tuners left RUNNING becomes KILLED.

    Raises WrongValue if another tuner works on it. A tuner that has opened the study has it; of two that start
    together, the one with the older run, see `yield_to_older_run`.
    """
    client, run_id = MlflowClient(), run.info.run_id
    client.set_tag(run_id, Tag.STUDY, study)
    client.set_tag(run_id, Tag.ROLE, Role.STUDY)
    study_lock = StudyLock(run_id)
    study_lock.heartbeat()
    for other in running_parents(run.info.experiment_id, study):
        if other.info.run_id == run_id or not (_is_older(other, run) or _has_opened(other)):
            continue
        if is_tuner_alive(other.info.run_id):
            _give_way(study_lock, study, other.info.run_id)
        client.set_terminated(other.info.run_id, "KILLED")
    return study_lock


def yield_to_older_run(study_lock: StudyLock, study: str, run: Run) -> None:
    """Give the study up if an older run's tuner works on it; called once it is open, before its first child.

    `acquire` cannot see a tuner that starts late, such as on a host where its environment had to be built first. The
    older run wins unless the newer has already opened the study: then `acquire` refuses the older one.
    Raises WrongValue as `acquire` does.
    """
    for other in running_parents(run.info.experiment_id, study):
        if _is_older(other, run) and Tag.TUNER in other.data.tags and is_tuner_alive(other.info.run_id):
            _give_way(study_lock, study, other.info.run_id)


def _give_way(study_lock: StudyLock, study: str, run_id: str) -> None:
    study_lock.release()
    raise WrongValue(
        f"{option('study', study)}: {_tuner_of(MlflowClient().get_run(run_id))} works on it, in run {run_id}; wait for "
        "its end, or give another name"
    )


def running_parents(experiment_id: str, study: str) -> list[Run]:
    """List the RUNNING parent runs of a study, also those whose tuners have not written a tag yet."""
    conditions = (
        f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` = '{Role.STUDY}'",
        f"params.study = '{study}'",
    )
    runs: dict[str, Run] = {}
    for condition in conditions:
        for run in read.find_runs([experiment_id], f"attributes.status = 'RUNNING' AND {condition}"):
            if run.data.tags.get(Tag.ROLE, Role.STUDY) == Role.STUDY:
                runs[run.info.run_id] = run
    return list(runs.values())


def is_tuner_alive(run_id: str) -> bool:
    """Tell whether the tuner of a RUNNING parent run lives; one that has not written its tag yet is waited for.

    No longer than _SILENT_S: the run may seem to start in an hour, if the clock was set back.
    """
    deadline = time.monotonic() + _SILENT_S
    while True:
        run = MlflowClient().get_run(run_id)
        if Tag.TUNER in run.data.tags:
            return _process_lives(_tuner(run))
        if proc.with_variable(f"{Variable.RUN_ID}={run_id}"):
            return True
        is_silent = time.time() - run.info.start_time / 1000 > _SILENT_S or time.monotonic() > deadline
        if run.info.status != "RUNNING" or is_silent:
            return False
        time.sleep(_POLL_S)


def with_dead_tuners(runs: Iterable[Run]) -> list[Run]:
    """Return those of some RUNNING parent runs whose tuners are dead."""
    return [run for run in runs if not is_tuner_alive(run.info.run_id)]


def _tuner(run: Run) -> dict[str, Any]:
    """Return which process works on a study, by its run's tag. Raises WrongValue if the tag does not say so."""
    tuner = own_tags.from_json(run, Tag.TUNER, dict)
    if not {"host", "boot", "pid", "started", "beat"} <= tuner.keys() or not isinstance(tuner["beat"], int | float):
        raise own_tags.wrong(run, Tag.TUNER, "an object with host, boot, pid, started and beat")
    return tuner


def _process_lives(tuner: dict[str, Any]) -> bool:
    own = _this_process()
    if tuner["host"] != own["host"]:
        return bool(time.time() - tuner["beat"] < DEAD_S)
    if own["started"] is None:  # no /proc here: the process id alone tells, which may have been given again
        return orphans.is_alive(tuner["pid"])
    return bool(tuner["boot"] == own["boot"] and tuner["started"] == proc.started(tuner["pid"]))


def _this_process() -> dict[str, Any]:
    pid = os.getpid()
    return {
        "host": socket.gethostname(),
        "boot": _boot_id(),
        "pid": pid,
        "started": proc.started(pid),
        "beat": time.time(),
    }


def _boot_id() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _is_older(one: Run, other: Run) -> bool:
    return read.by_start(one) < read.by_start(other)


def _has_opened(run: Run) -> bool:
    return Tag.IDENTITY in run.data.tags


def _tuner_of(run: Run) -> str:
    if Tag.TUNER not in run.data.tags:
        return "another process"
    tuner = _tuner(run)
    return f"process {tuner['pid']} on {tuner['host']}"
