"""What a step says is worth less than what it does: whoever stops listening ends no study.

Where a terminal was closed, or the reader of a pipe has gone, each write is an error. A step that is asked to end has
that by a signal; one that is not, since it was disowned by its shell or writes to `head`, goes on.
"""

import errno
import io
import os
import sys
from typing import Any, TextIO

_NOBODY_THERE = (errno.EIO, errno.EPIPE)


class _Lasting(io.FileIO):
    """Writes to a descriptor as long as anybody listens; then it becomes /dev/null, for C code and children too."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in _NOBODY_THERE:
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def outlast_listeners() -> None:
    """Let stdout and stderr, where they are this process's own, survive the loss of whoever reads them."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _lasting(stream))


def _lasting(stream: TextIO) -> TextIO:
    stream.flush()
    raw = _Lasting(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=True)
