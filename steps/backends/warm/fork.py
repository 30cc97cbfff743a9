"""A process that the launcher has forked, as the tuner sees it: by the launcher's reports in a pipe."""

import json
import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Fork:
    """A process that the launcher has forked: `sentinel` is readable once it has ended, or the launcher has.

    `used` is what it took, with what it started and waited for: `cpu_s`, seconds, and `max_rss_kb`.
    """

    sentinel: int
    pid: int = 0
    exit_code: int | None = None  # the negative number of the signal that ended it
    is_lost: bool = False  # the launcher ended before it, so nobody knows how it ended
    used: dict[str, float] = field(default_factory=dict)
    _read: bytes = b""

    def poll(self) -> bool:
        """Tell whether it has ended, as far as that is known by now."""
        while not self.is_over and select.select([self.sentinel], [], [], 0)[0]:
            self._take(os.read(self.sentinel, 4096))
        return self.is_over

    @property
    def is_over(self) -> bool:
        """Tell whether it was seen to end."""
        return self.exit_code is not None or self.is_lost

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; tell whether it has ended."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.poll():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            select.select([self.sentinel], [], [], left)
        return True

    def send(self, number: int) -> None:
        """Send a signal to it and its session."""
        if self.pid and not self.poll():
            self._send(number)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:  # it has only just been forked, and leads no session yet
                os.kill(self.pid, number)

    def end(self) -> None:
        """Kill it, and wait."""
        self.send(signal.SIGKILL)
        self.wait()

    def _take(self, content: bytes) -> None:
        if not content:  # nobody has the other end any more
            self.is_lost = True
            if self.pid:
                self._send(signal.SIGKILL)
        *lines, self._read = (self._read + content).split(b"\n")
        for report in map(json.loads, lines):
            self.pid = report.pop("pid", self.pid)
            self.exit_code = report.pop("code", None)
            self.used |= report

    def __del__(self) -> None:
        os.close(self.sentinel)
