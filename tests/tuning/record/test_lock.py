"""Who works on a study: by the tags that tuners leave, and by the processes that are there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Tag
from steps.process import proc
from steps.tuning.record import lock
from tests import needs
from tests.tuning.fakes import Clock


@pytest.fixture
def parent(client: MlflowClient) -> Callable[..., str]:
    """Make a RUNNING parent run, `ago` seconds old; the tags are given as data."""

    def make(ago: float = 0, **tags: object) -> str:
        run = client.create_run("0", start_time=int((time.time() - ago) * 1000))
        for name, value in tags.items():
            client.set_tag(run.info.run_id, f"tuning.{name}", value if isinstance(value, str) else json.dumps(value))
        return str(run.info.run_id)

    return make


def tuner(**different: object) -> dict[str, object]:
    """What this process would write, but for something."""
    return {**lock._this_process(), **different}


DEAD_OR_ALIVE = {
    "this process": ({}, True),
    "a process id that was given again": ({"started": 1}, False),
    "a process that is gone": ({"pid": 2**22 + 1}, False),
    "another boot": ({"boot": "other"}, False),
    "another host, a sign just now": ({"host": "other", "boot": "other", "pid": 1}, True),
    "another host, silent for long": ({"host": "other", "beat": time.time() - 2 * lock.DEAD_S}, False),
    "this host, silent for long": ({"beat": time.time() - 2 * lock.DEAD_S}, True),
}


@needs.PROC
@pytest.mark.parametrize(("different", "alive"), DEAD_OR_ALIVE.values(), ids=DEAD_OR_ALIVE)
def test_whether_a_tuner_lives(different: dict[str, object], alive: bool, parent: Callable[..., str]) -> None:
    """On this host the process decides, elsewhere the age of its last heartbeat."""
    assert lock.is_tuner_alive(parent(tuner=tuner(**different))) == alive


@pytest.mark.parametrize(("pid", "alive"), [(os.getpid(), True), (2**22 + 1, False)], ids=["this one", "gone"])
def test_without_proc_the_process_id_decides(
    pid: int, alive: bool, parent: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without /proc tells no start times: a dead tuner does not keep its study for ever."""
    monkeypatch.setattr(proc, "started", lambda _: None)
    assert lock.is_tuner_alive(parent(tuner=tuner(pid=pid))) == alive


@needs.PROC
def test_one_that_has_not_named_itself_is_known_by_its_process(parent: Callable[..., str]) -> None:
    """Without a tag a tuner lives where a process carries its run's id, and is dead once it had time to say so."""
    run_id = parent(ago=60)
    assert not lock.is_tuner_alive(run_id)
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"], env={**os.environ, "MLFLOW_RUN_ID": run_id}, stdin=subprocess.PIPE
    )
    try:
        assert lock.is_tuner_alive(run_id)
    finally:
        process.kill()
        process.communicate()


def test_one_that_seems_to_start_in_an_hour_is_not_waited_for_that_long(
    parent: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was set back: it is dead after the time that any other has."""
    clock = Clock()
    monkeypatch.setattr(
        lock,
        "time",
        SimpleNamespace(time=time.time, monotonic=clock, sleep=lambda s: setattr(clock, "now", clock() + s)),
    )
    began = clock()
    assert not lock.is_tuner_alive(parent(ago=-3600))
    assert clock() - began < 30


@pytest.mark.parametrize("other", [{"ago": 9}, {"ago": 9, "identity": "{}"}, {"ago": -9, "identity": "{}"}])
def test_a_study_that_another_works_on_is_refused(
    client: MlflowClient, parent: Callable[..., str], other: dict[str, object]
) -> None:
    """A living tuner has the study that started earlier, or has opened it; this one says who, and is no part of it."""
    older = parent(study="mine", role="study", tuner=tuner(host="elsewhere", pid=7), **other)
    run_id = parent()
    with pytest.raises(WrongValue, match="process 7 on elsewhere works on it") as caught:
        lock.acquire("mine", client.get_run(run_id))
    assert older in str(caught.value)
    assert not {Tag.STUDY, Tag.ROLE, Tag.TUNER} & client.get_run(run_id).data.tags.keys()


@pytest.mark.parametrize(
    "other",
    [
        {"ago": 9, "study": "mine", "role": "study", "tuner": tuner(pid=2**22 + 1)},  # dead
        {"ago": -9, "study": "mine", "role": "study", "tuner": tuner()},  # started later
        {"ago": 9, "study": "yours", "role": "study", "tuner": tuner()},  # of another study
    ],
)
def test_a_study_that_nobody_works_on_is_locked(
    client: MlflowClient, parent: Callable[..., str], other: dict[str, object]
) -> None:
    """The lock stands on the parent run: the study's name, and which process works on it; a dead one's is KILLED."""
    before = parent(**other)
    run_id = parent()
    lock.acquire("mine", client.get_run(run_id))
    tags = client.get_run(run_id).data.tags
    assert (tags[Tag.STUDY], tags[Tag.ROLE]) == ("mine", "study")
    assert json.loads(tags[Tag.TUNER])["pid"] == os.getpid()
    dead = other["tuner"]["pid"] != os.getpid()  # type: ignore[index]
    assert client.get_run(before).info.status == ("KILLED" if dead else "RUNNING")


@pytest.mark.parametrize(
    ("other", "gives_way"),
    [
        ({"ago": 9, "tuner": tuner()}, True),
        ({"ago": -9, "tuner": tuner(), "identity": "{}"}, False),
        ({"ago": 9, "tuner": tuner(pid=2**22 + 1)}, False),
        ({"ago": 9}, False),  # it has not started yet, and will give way
    ],
)
def test_the_older_run_wins_unless_the_newer_has_opened_the_study(
    client: MlflowClient, parent: Callable[..., str], other: dict[str, object], gives_way: bool
) -> None:
    """The older run's tuner may have come late, and has the study if it came before the newer one opened it."""
    run_id = parent()
    study_lock = lock.acquire("mine", client.get_run(run_id))
    parent(study="mine", role="study", **other)
    with pytest.raises(WrongValue) if gives_way else nullcontext():
        lock.yield_to_older_run(study_lock, "mine", client.get_run(run_id))


def test_one_that_was_killed_before_it_named_itself_is_found_by_its_parameter(
    client: MlflowClient, parent: Callable[..., str]
) -> None:
    """A RUNNING run with the parameter `study` counts among the study's, as long as it has no other role."""
    run_id = parent()
    client.log_param(run_id, "study", "mine")
    assert [run.info.run_id for run in lock.running_parents("0", "mine")] == [run_id]
    assert lock.running_parents("0", "yours") == []


def test_a_heartbeat_is_written_when_it_is_due(client: MlflowClient, parent: Callable[..., str]) -> None:
    """The first at once, the next not before its time."""
    run_id = parent()
    study_lock = lock.StudyLock(run_id)
    assert study_lock.seconds_to_heartbeat() == 0
    study_lock.heartbeat()
    first = client.get_run(run_id).data.tags[Tag.TUNER]
    assert 0 < study_lock.seconds_to_heartbeat() <= lock.HEARTBEAT_S
    study_lock.heartbeat()
    assert client.get_run(run_id).data.tags[Tag.TUNER] == first
