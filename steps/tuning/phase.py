"""What a study does after its trials, on stderr: a line when something begins, and one every ten seconds."""

import math
import sys
import time

# Between two lines.
_EVERY_S = 10.0


class Phase:
    """A part of what comes after the trials.

    There is no bar any more, so a terminal gets the same lines as a log file.
    """

    def __init__(self, name: str):
        self._name = name
        self._began, self._written = time.monotonic(), -math.inf

    def end(self) -> None:
        """Say how long it took, if it has been seen to take its time."""
        seconds = time.monotonic() - self._began
        if seconds >= _EVERY_S:
            self._write(f"took {seconds:.0f} s")

    def tell(self, what: str) -> None:
        """Say what is done now, if it is time for a line; at first it is."""
        if self.seconds_to_line() <= 0:
            seconds = time.monotonic() - self._began
            self._write(f"{what}, {seconds:.0f} s so far" if seconds >= _EVERY_S else what)
            self._written = time.monotonic()

    def seconds_to_line(self) -> float:
        """Return the seconds until the next line is due."""
        return max(0.0, self._written + _EVERY_S - time.monotonic())

    def _write(self, text: str) -> None:
        print(f"tune: {self._name}: {text}", file=sys.stderr, flush=True)
