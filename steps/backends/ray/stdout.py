"""Keep a process's stdout for its main thread.

Once a driver is connected, a thread of Ray's prints the cluster's reports to `sys.stdout`, a line for each worker that
was killed. Ray 2.60 has no switch for that: `log_to_driver` and `logging_level` are about other lines.
"""

import sys
import threading
from typing import Any, TextIO


class OneThreadStream:
    """A text stream that takes what one thread writes, and drops what others do."""

    def __init__(self, stream: TextIO, thread: int):
        self._stream, self._thread = stream, thread

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        return self._stream.write(text) if threading.get_ident() == self._thread else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def keep_for_this_thread() -> None:
    """Let no other thread print to stdout from now on."""
    sys.stdout = OneThreadStream(sys.stdout, threading.get_ident())
