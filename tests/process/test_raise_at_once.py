"""Signals to a step that is one long computation: each wish is one Interrupted."""

import signal
import threading

import pytest

from steps.errors import Interrupted
from steps.process import signals

INT, TERM = signal.SIGINT, signal.SIGTERM


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that the test moves on; what answers the signals is put back after the test."""
    now = [1000.0]
    handlers = {number: signal.getsignal(number) for number in signals.signals()}
    monkeypatch.setattr("steps.process.signals.time.monotonic", lambda: now[0])
    signals.raise_at_once()
    yield now
    for number, handler in handlers.items():
        signal.signal(number, handler)


def is_raised(number):
    try:
        signal.raise_signal(number)
    except Interrupted:
        return True
    return False


@pytest.mark.parametrize("number", [INT, TERM, signal.SIGHUP])
def test_a_long_computation_is_interrupted_where_it_is(number):
    """A signal raises Interrupted, with the exit code of its kind."""
    with pytest.raises(Interrupted) as caught:
        signal.raise_signal(number)
    assert caught.value.exit_code == (130 if number == INT else 143)


@pytest.mark.parametrize(
    ("numbers", "seconds", "again"),
    [
        ((INT, TERM), 0.3, False),  # one Ctrl-C on `mlflow run`
        ((TERM, INT), 0.3, False),
        ((TERM, TERM), 0.3, False),
        ((INT, INT), 0.3, True),
        ((INT, TERM), 2.5, True),
        ((TERM, TERM), 2.5, True),
    ],
)
def test_a_wish_interrupts_once(numbers, seconds, again, clock):
    """A second Ctrl-C, or any signal 2 s later, is another wish, which breaks off the answer to the first."""
    first, second = numbers
    assert is_raised(first)
    clock[0] += seconds
    assert is_raised(second) is again


def test_two_signals_at_once_are_one_interrupt():
    """The one that is still pending does not break into what answers the other."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [INT, TERM])
    for number in (INT, TERM):
        signal.pthread_kill(threading.get_ident(), number)
    answered = False
    with pytest.raises(Interrupted):
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [INT, TERM])
        except Interrupted:
            answered = sum(range(1000)) > 0
            raise
    assert answered


def test_code_that_catches_every_exception_does_not_catch_it():
    """MLflow's requests, scikit-learn's scores and people's estimators do that; the step ends all the same."""
    with pytest.raises(Interrupted):
        try:
            signal.raise_signal(TERM)
        except Exception:
            pytest.fail("it was swallowed")
