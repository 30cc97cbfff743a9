import pytest

from tests import waits


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves on; a core of the process's own unless the test takes it away."""
    now = [0.0]
    monkeypatch.setattr("tests.waits.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tests.waits.time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


@pytest.mark.parametrize(("took", "slower", "holds"), [(4.9, 1, True), (5.1, 1, False), (14, 3, True), (16, 3, False)])
def test_a_promise_holds_as_many_times_longer_as_the_machine_is_slower(took, slower, holds, clock, monkeypatch):
    """On a quiet machine the promise is as it stands."""
    monkeypatch.setattr(waits, "slowness", lambda: slower)

    def body():
        with waits.promised(5):
            clock[0] += took

    if holds:
        body()
    else:
        with pytest.raises(AssertionError, match="not 5 s"):
            body()


def test_a_machine_is_never_faster_than_itself(monkeypatch):
    """What a core of its own would do in 0.1 s takes at least that; the load of the last minute counts too."""
    assert waits.slowness() >= 1
    monkeypatch.setattr("tests.waits.os.getloadavg", lambda: (60.0, 1.0, 1.0))
    monkeypatch.setattr("tests.waits.os.cpu_count", lambda: 2)
    assert waits.slowness() >= 30


def test_a_wait_ends_with_its_condition_or_says_what_it_waited_for(clock):
    """It returns the seconds it took."""
    assert waits.until(lambda: clock[0] > 3, 120, "three seconds") == pytest.approx(3.05)
    with pytest.raises(AssertionError, match=r"after 120 s still not: the impossible"):
        waits.until(lambda: False, 120, "the impossible")
