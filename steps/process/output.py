"""A step goes on if nobody can read its output any more.

Once a terminal is closed, or the reader of a pipe has ended (`head`), each write raises an error. That must not end a
study: a step that is to end gets a signal, and one that its shell has disowned gets none.
"""

import errno
import io
import os
import sys
from typing import Any, TextIO

_READER_IS_GONE = (errno.EIO, errno.EPIPE)


class _RawOutput(io.FileIO):
    """Writes to a descriptor, and makes it /dev/null once its reader is gone: for C code and children too."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _READER_IS_GONE:
                raise
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)
            return super().write(data)


def ignore_lost_readers() -> None:
    """Discard what is written to stdout and stderr once their reader is gone; one that was replaced is left alone."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _without_lost_readers(stream))


def _without_lost_readers(stream: TextIO) -> TextIO:
    stream.flush()
    raw = _RawOutput(stream.fileno(), "wb", closefd=False)
    # A name in another alphabet must not end a step where PYTHONIOENCODING or the locale is ASCII's.
    errors = "backslashreplace" if stream.errors == "strict" else stream.errors
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, errors=errors, line_buffering=True)
