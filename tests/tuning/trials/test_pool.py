"""The places of a study, with children that are no processes."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from steps.tuning.trials.places import Place
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.trial import Child
from tests.tuning.trials.fake import FakeRun, child, places

LONG_S = 60.0


class Stopper:
    """Of a study's ChildRuns what a pool needs."""

    def __init__(self) -> None:
        self.stopped: list[Child] = []

    def stop(self, children: Iterable[Child]) -> None:
        self.stopped += children


@pytest.fixture
def wakeup() -> Iterator[int]:
    """A descriptor that never becomes readable."""
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


@pytest.fixture
def runs() -> Iterator[list[FakeRun]]:
    """The runs that `launch` has made."""
    made: list[FakeRun] = []
    yield made
    for run in made:
        run.close()


@pytest.fixture
def launch(runs) -> Callable[[Place], Child]:
    """Launches the next trial."""

    def make(place: Place) -> Child:
        runs.append(FakeRun())
        return child(len(runs) - 1, runs[-1], place)

    return make


def pool_of(jobs: int, timeout_s: float | None = None) -> Any:
    return Pool(Stopper(), places(jobs), timeout_s)  # type: ignore[arg-type] # it is used as one


def numbers(children: Iterable[Child]) -> list[int | None]:
    return [each.number for each in children]


def taken(pool: Any) -> list[tuple[int | None, int]]:
    """Each running trial and its place."""
    return [(each.number, each.place.number) for each in pool.running]


def test_each_child_has_a_place_that_no_other_has(runs, launch, wakeup):
    """The free place of the lowest number; it is free again when its child has ended."""
    pool = pool_of(3)
    pool.fill(launch)
    assert taken(pool) == [(0, 0), (1, 1), (2, 2)]
    runs[2].end()
    runs[1].end("exit code 1")
    pool.wait(wakeup, LONG_S)
    pool.fill(launch)
    assert taken(pool) == [(0, 0), (3, 1), (4, 2)]


def test_a_launch_that_fails_leaves_its_place(launch):
    """Such as one for which the server has no answer: the place is free for the next."""
    pool = pool_of(2)
    with pytest.raises(ZeroDivisionError):
        pool.fill(lambda _: 1 // 0)
    pool.fill(launch)
    assert taken(pool) == [(0, 0), (1, 1)]


def test_a_child_that_was_given_up_keeps_its_place_until_it_ends(runs, launch, wakeup):
    """Its process still has the place's devices: the next child gets another place, as long as there is any."""
    pool = pool_of(2, timeout_s=5.0)
    pool.fill(launch)
    runs[0].listens = False
    runs[0].started -= 6.0
    pool.end_overdue()
    pool.running[0].asked_to_end -= 60.0
    assert numbers(pool.wait(wakeup, 0.0)) == [0]
    pool.fill(launch)
    assert taken(pool) == [(1, 1)]
    runs[0].end()
    pool.fill(launch)
    assert taken(pool) == [(1, 1), (2, 0)]


def test_a_study_does_not_stand_still_for_a_child_that_was_given_up(runs, launch, wakeup):
    """If no place is left but such ones, they are taken."""
    pool = pool_of(1, timeout_s=5.0)
    pool.fill(launch)
    runs[0].listens = False
    runs[0].started -= 6.0
    pool.end_overdue()
    pool.running[0].asked_to_end -= 60.0
    pool.wait(wakeup, 0.0)
    pool.fill(launch)
    assert taken(pool) == [(1, 0)]


def test_a_place_that_gets_free_is_filled_again(runs, launch, wakeup):
    """Never more children than places; whoever ends first is followed by the next."""
    pool = pool_of(2)
    pool.fill(launch)
    assert numbers(pool.running) == [0, 1]
    pool.fill(launch)
    assert numbers(pool.running) == [0, 1]
    runs[1].end()
    assert numbers(pool.wait(wakeup, LONG_S)) == [1]
    pool.fill(launch)
    assert numbers(pool.running) == [0, 2]


def test_places_stay_free_if_there_is_nothing_to_launch(launch):
    """Such as a trial that waits for another's end."""
    pool = pool_of(3)
    waiting = [launch]
    pool.fill(lambda place: waiting.pop()(place) if waiting else None)
    assert numbers(pool.running) == [0]
    assert sorted(place.number for place in pool.places.free) == [1, 2]


def test_several_ends_are_one_wait(runs, launch, wakeup):
    """All that have ended come back at once, and what they left behind is ended."""
    pool = pool_of(3)
    pool.fill(launch)
    runs[0].end()
    runs[2].end("exit code 1")
    assert numbers(pool.wait(wakeup, LONG_S)) == [0, 2]
    assert [run.calls for run in runs] == [["end_strays"], [], ["end_strays"]]


def test_a_signal_to_the_tuner_ends_the_wait(launch):
    """Then nobody has ended."""
    reader, writer = os.pipe()
    try:
        pool = pool_of(1)
        pool.fill(launch)
        os.write(writer, b"x")
        began = time.monotonic()
        assert pool.wait(reader, LONG_S) == []
        assert time.monotonic() - began < LONG_S / 2
    finally:
        os.close(reader)
        os.close(writer)


def test_a_child_that_takes_too_long_is_asked_to_end_and_then_ended(runs, launch, wakeup):
    """By SIGTERM, once; by SIGKILL after its grace. It has failed for its time, however it ended."""
    pool = pool_of(2, timeout_s=5.0)
    pool.fill(launch)
    runs[0].listens = False
    runs[0].started -= 6.0
    pool.end_overdue()
    pool.end_overdue()
    assert [run.signals for run in runs] == [[signal.SIGTERM], []]
    pool.running[0].asked_to_end -= 3.0
    pool.end_overdue()
    assert runs[0].signals == [signal.SIGTERM, signal.SIGKILL]
    runs[0].end()
    (ended,) = pool.wait(wakeup, LONG_S)
    assert ended.failure() == "timeout: not ended after 5 s"
    assert pool.running[0].failure() is None


def test_the_wait_is_over_when_a_child_is_overdue(runs, launch, wakeup):
    """However long the tuner would wait else."""
    pool = pool_of(1, timeout_s=5.0)
    pool.fill(launch)
    runs[0].started -= 6.0
    began = time.monotonic()
    assert pool.wait(wakeup, LONG_S) == []
    assert time.monotonic() - began < LONG_S / 2


def test_a_child_in_a_cluster_s_queue_is_not_overdue(runs, launch):
    """Its time begins with its command."""
    pool = pool_of(1, timeout_s=0.0)
    pool.fill(launch)
    runs[0].started = None
    pool.end_overdue()
    assert runs[0].signals == []


def test_a_child_that_does_not_end_is_given_up(runs, launch, wakeup):
    """Such as one on a node that fell silent: it keeps no place for ever."""
    pool = pool_of(1, timeout_s=5.0)
    pool.fill(launch)
    runs[0].listens = False
    runs[0].started -= 6.0
    pool.end_overdue()
    assert pool.wait(wakeup, 0.0) == []
    pool.running[0].asked_to_end -= 60.0
    assert numbers(pool.wait(wakeup, 0.0)) == [0]
    assert pool.running == []


def test_children_that_the_study_goes_without_leave_their_places(launch):
    """Those that are ended are no longer in the pool; the others stay."""
    pool = pool_of(3)
    pool.fill(launch)
    pool.end(each for each in pool.running if each.number != 1)
    assert numbers(pool.running) == [1]
    assert numbers(pool.children.stopped) == [0, 2]
