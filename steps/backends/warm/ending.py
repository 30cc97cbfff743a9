"""End a process as its interpreter would, without taking apart what it shares with the launcher.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.

An interpreter takes itself apart at its end, object by object. In a fork that copies all pages which it shares with
the launcher: 0.1 s, and 0.25 s each when 16 do so at once. So only what the program itself has made is taken apart, in
the interpreter's own order (CPython's `finalize_modules`): objects end, and what is left in open files is written.
"""

import contextlib
import gc
import itertools
import os
import sys
import types
import weakref
from typing import Any

try:
    import ctypes
except ImportError:  # an interpreter may be built without it
    ctypes = None  # type: ignore[assignment]

# By name: the identity of each module that forks share.
_shared: "dict[str, int]" = {}
# What the program has ended with, and whether it leaves nothing that has to be ended.
_ended: "list[tuple[int, bool]]" = []
# Under these names a program stands in the place of the launcher.
_MAIN = ("__main__", "__mp_main__")
# Where an interpreter keeps the last error.
_LAST = ("last_type", "last_value", "last_traceback", "last_exc")


def share() -> None:
    """Take note of what there is by now: forks from now on leave it as it is."""
    _shared.clear()
    _shared.update((name, id(module)) for name, module in list(sys.modules.items()))
    # Nothing of this becomes garbage. The collector does not touch what is frozen: a fork would copy its pages.
    gc.collect()
    gc.freeze()


def leave(code: int, *, quick: bool = False) -> None:
    """Leave the program that has run in this process: threads are joined, exit handlers run, then `end` ends it.

    A `quick` one leaves no file open, and no library that would have to end.
    """
    _ended.append((code, quick))
    raise SystemExit(code)


def end() -> None:
    """End the process, if a program has run in it; the first exit handler to be registered, so the last to run.

    Where that would not be what an interpreter does, this returns, and the interpreter goes on by itself: with threads
    that still run, which it stops, and with output that can't be written, which changes its exit code.
    """
    if not _ended or not _flush():
        return
    code, quick = _ended[0]
    if quick:
        os._exit(code)
    if ctypes is None or len(sys._current_frames()) > 1:
        return
    _take_apart()
    if _flush():
        # Python itself ends no further. Libraries in C do, as in any process: they write what they hold, and wait for
        # their threads, which may need the interpreter's lock for their end. So this call gives it up.
        ctypes.CDLL(None).exit(code)


def _flush() -> bool:
    """Write what is left in stdout and stderr; tell whether that went well."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
    except Exception:
        return False
    return True


def _take_apart() -> None:
    """Let go of the modules that the program has imported, and of all that they hold."""
    for name in _LAST:
        vars(sys).pop(name, None)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    gc.collect()  # it also brings objects into an order in which a file ends after what writes to it
    modules = _let_go()
    gc.collect()
    for _, _, reference in reversed(modules):
        module = reference()
        if module is not None:  # something still holds it
            _clear(vars(module))
    names = {identity: name for name, identity, _ in modules}
    for found in gc.get_objects():  # of the program alone: the launcher's objects are frozen
        if type(found) is dict and id(found) in names and found.get("__name__") == names[id(found)]:
            _clear(found)  # a shared module holds a function, or a class, whose own module has gone
    gc.collect()
    for found in gc.get_objects():
        if type(found).__module__ == "_io" and not getattr(found, "closed", True):
            with contextlib.suppress(OSError, ValueError):
                found.flush()


def _let_go() -> "list[tuple[str, int, weakref.ReferenceType[Any]]]":
    """Return of each module its name, the identity of its names, and a reference that does not hold it."""
    # The later a module has come, the later it stands there. To go through all would copy the pages of all.
    last = next(reversed(_shared), None)
    later = list(itertools.takewhile(lambda name: name != last, reversed(sys.modules)))
    references = []
    for name in [*_MAIN, *reversed(later)]:
        module: Any = sys.modules.get(name)
        if _shared.get(name) == id(module):
            continue
        if isinstance(module, types.ModuleType):
            references.append((module.__name__, id(vars(module)), weakref.ref(module)))
        sys.modules[name] = None  # type: ignore[assignment]
    return references


def _clear(names: "dict[str, Any]") -> None:
    """Let go of what a module holds: first of names that begin with one underscore, as CPython does."""
    private = [name for name in names if isinstance(name, str) and name[:1] == "_" and name[1:2] != "_"]
    for name in private + [name for name in names if name != "__builtins__"]:
        names[name] = None
