"""What is imported is never garbage: Python's collector need not look through it, again and again.

It does as often as there is enough that is new: a sixth of the time that imports take, a fifth of a second amid a
study's trials, and a second at a process's end. See `gc.freeze`.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing while much is imported, and look at none of it later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def skip_at_exit() -> None:
    """Let the interpreter end without a look at all that is left."""
    atexit.register(gc.freeze)
