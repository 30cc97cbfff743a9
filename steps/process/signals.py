"""Ctrl-C, SIGTERM, a closed terminal: for a step that has a loop to answer them in order and for one that has not."""

import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from steps.errors import Interrupted

# `mlflow run` answers one Ctrl-C with SIGINT and, a quarter of a second later, SIGTERM: that is one wish, not two.
_SAME_WISH_S = 2.0
# How long children, and the tracking server, may take to end, and then again.
_PATIENCE_S = 5.0
# How long the reader of a pipe may take for what is still unwritten when the process ends at once.
_LAST_WORDS_S = 1.0


def signals() -> list[signal.Signals]:
    """List the signals that end a step; SIGHUP is none if it was ignored at the start, as `nohup` has it."""
    always = [signal.SIGINT, signal.SIGTERM]
    return always if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [*always, signal.SIGHUP]


def raise_at_once() -> None:
    """Let a signal raise Interrupted wherever the main thread is: for a step that is one long computation.

    What follows of the same wish raises nothing: it would break into the answer to the first, which writes to the run.
    """
    last: tuple[int, float] | None = None

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if last is None or _is_another_wish(number, now, *last):
            last = (number, now)
            raise Interrupted(number)

    for number in signals():
        signal.signal(number, interrupt)


def _is_another_wish(number: int, now: float, first: int, then: float) -> bool:
    """Tell whether a signal asks for more than the first one did: a second Ctrl-C, or any signal some time later."""
    return number == signal.SIGINT == first or now - then > _SAME_WISH_S


class Interrupts:
    """Notes the first signal; a second SIGINT, or any signal more than 2 s later, ends the process at once.

    Whoever waits for something meanwhile, such as a tracking server that is away, is called away from it by
    Interrupted, 5 s after the first signal, and 5 s later the process ends; unless by then all is `answered`. The time
    begins anew with each `headway`: a busy machine ends a study in order, too, step by step.
    `descriptor` becomes readable with the first signal: for waiting on it beside other things.
    """

    def __init__(self) -> None:
        self.descriptor, self._writer = os.pipe()
        self._first: tuple[int, float] | None = None
        self._called = False

    def install(self) -> None:
        """Handle the signals from now on; only in the main thread."""
        for number in signals():
            signal.signal(number, self._note)

    @property
    def noted(self) -> bool:
        """Tell whether a signal has come."""
        return self._first is not None

    def check(self) -> None:
        """Raise Interrupted if a signal has come."""
        if self._first is not None:
            raise Interrupted(self._first[0])

    def answered(self) -> None:
        """Stop hurrying: all children have ended, and what is left to do may take its time."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def headway(self) -> None:
        """Note a step towards the end that has been done: the next one has as long as the first."""
        if self._first is not None and not self._called:
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S)

    def _call_away(self, _number: int, _frame: FrameType | None) -> None:
        assert self._first is not None
        number, _ = self._first
        if self._called:
            _end_at_once(
                128 + (signal.SIGINT if number == signal.SIGINT else signal.SIGTERM),
                "the tracking server did not answer in time; it is told at the next start of the study\n",
            )
        self._called = True
        raise Interrupted(number)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = (number, now)
            os.write(self._writer, b"!")
            signal.signal(signal.SIGALRM, self._call_away)
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S, _PATIENCE_S)
        elif _is_another_wish(number, now, *self._first):
            # The children see this process end and end too.
            _end_at_once(128 + number)


def _end_at_once(code: int, message: str = "") -> NoReturn:
    """End the process without its exit handlers, but not without what it has printed; only in the main thread.

    A pipe keeps printed lines in this process's buffer, and `os._exit` would drop them. A reader that has stopped
    reading may keep the flush waiting: the timer then ends the process instead.
    """
    signal.signal(signal.SIGALRM, lambda *_: os._exit(code))
    signal.setitimer(signal.ITIMER_REAL, _LAST_WORDS_S)
    for stream, text in ((sys.stderr, message), (sys.stdout, "")):
        # Closed, without a reader, on a full disk; or the signal came amid a write of the same stream (RuntimeError).
        with suppress(AttributeError, OSError, ValueError, RuntimeError):
            stream.write(text)
            stream.flush()
    os._exit(code)
