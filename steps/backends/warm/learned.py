"""Import what commands were seen to import, and find out what is not safe to have before a fork.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

# Threads in C, which these start once they compute, don't survive a fork; both say that they can't be forked.
_NEVER = ("tensorflow", "jax", "jaxlib")


def learn(lesson: "dict[str, Any]", look_for: "Callable[..., Any]") -> "dict[str, str]":
    """Import the modules of a lesson; return what must be left out, and why: then this process should not fork.

    The lesson's folder gets the file `progress`, with the modules that are being imported, for whoever sees this
    process die of one, and `printed`, with what they print. The environment is as it was for the command that was
    learned from. `look_for` makes Traces of a descriptor and the variables that are given.
    """
    if not os.path.isdir("/proc/self/task"):
        return {"": "this system does not tell the threads of a process"}
    files = [os.path.join(lesson["folder"], name) for name in ("progress", "printed")]
    progress, printed = (os.open(file, os.O_CREAT | os.O_RDWR, 0o600) for file in files)
    standing = os.getcwd()
    os.chdir(lesson["folder"])  # where what an import writes is removed at the end
    with _printing_to(printed), _restored(lesson["variables"]):
        found = _load(lesson, look_for(printed, lesson["given"]), progress)
    os.chdir(standing)
    for descriptor in (progress, printed):
        os.close(descriptor)
    return found


def _load(lesson: "dict[str, Any]", traces: Any, progress: int) -> "dict[str, str]":
    watch = Watch([*lesson["left_out"], *lesson["own"]], traces, progress)
    sys.meta_path.insert(0, watch)
    for number, name in enumerate(lesson["modules"]):
        _set(lesson["variables"], number)
        if name in sys.modules or watch.is_left_out(name):
            continue
        try:
            importlib.import_module(name)
            watch.look()
        except LeftOut:
            pass
        except BaseException as error:
            watch.blame([name], f"{type(error).__name__}: {error}")
    sys.meta_path.remove(watch)
    traces.end(are_in_use=not watch.found)
    return watch.found


class LeftOut(BaseException):
    """What is being imported is to be left to the commands. What expects a package to be missing doesn't catch it."""


class Watch:
    """Looks at the process before each import. What has done something unsafe is left out, and what needs that.

    It stands first among the finders of modules, and finds none.
    """

    def __init__(self, left_out: "list[str]", traces: Any, progress: int):
        # One that is not installed is missed as in any process: Keras asks for all of its backends.
        self._left_out = {*filter(importlib.util.find_spec, _NEVER), *left_out}
        self._traces, self._progress = traces, progress
        self._chain: list[str] = []  # the modules that were being imported at the last look, the outermost first
        self.found: dict[str, str] = {}  # what is to be left out, and why

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        """Look, before a module is imported. Raises LeftOut if it must not be, or if the last one was unsafe."""
        asked_by = sys._getframe(1).f_back  # behind the function that asks all finders
        if asked_by is not None and asked_by.f_code.co_name != "_find_and_load_unlocked":
            return  # somebody only asks whether there is such a module
        chain = [*_being_imported(), name]
        if self.look():
            raise LeftOut
        if self.is_left_out(name):
            self.blame(chain, f"needs {name}")
            raise LeftOut
        self._chain = chain
        os.pwrite(self._progress, " ".join(chain).encode() + b"\n", 0)

    def look(self) -> bool:
        """Tell whether something unsafe has come since the last look; blame what was being imported."""
        reason = self._traces.look()
        if reason:
            self.blame(self._chain, reason)
            for name in self._chain[-1:]:
                sys.modules.pop(name, None)  # so that what needs it asks for it
        return bool(reason)

    def is_left_out(self, name: str) -> bool:
        """Tell whether a module, or a package that it is in, is to be left out."""
        parts = name.split(".")
        return any(".".join(parts[: count + 1]) in self._left_out for count in range(len(parts)))

    def blame(self, names: "list[str]", reason: str) -> None:
        """Note that modules are to be left out."""
        self._left_out.update(names)
        self.found = {**dict.fromkeys(names, reason), **self.found}


def _being_imported() -> "list[str]":
    """List the modules whose bodies are being executed, the outermost first."""
    names, frame = [], sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            names.append(frame.f_globals.get("__name__", ""))
        frame = frame.f_back  # type: ignore[assignment] # None is the end
    return [name for name in reversed(names) if name not in ("", "__main__")]  # "": code that a module executes


def _set(variables: "dict[str, list[Any]]", number: int) -> None:
    """Set the variables that a command had set when it came to import a module."""
    for name, (value, before) in variables.items():
        if before == number and value is None:
            os.environ.pop(name, None)
        elif before == number:
            os.environ[name] = value


@contextmanager
def _restored(variables: "dict[str, list[Any]]") -> "Iterator[None]":
    """Take variables back that were set meanwhile, but not what a module has set: it would for the command too."""
    standing = {name: os.environ.get(name) for name in variables}
    yield
    for name, (value, _) in variables.items():
        before = standing[name]
        if os.environ.get(name) == value:
            os.environ.pop(name, None)
            os.environ.update({} if before is None else {name: before})


@contextmanager
def _printing_to(file: int) -> "Iterator[None]":
    """Have this process print to a file; a warning is no print."""
    shown, kept = warnings.showwarning, [os.dup(1), os.dup(2)]
    ignore: Any = lambda *_, **__: None  # noqa: E731 - to be told from what a module may put there
    warnings.showwarning = ignore
    for number in (1, 2):
        os.dup2(file, number)
    yield
    for number, descriptor in zip((1, 2), kept):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if warnings.showwarning is ignore:
        warnings.showwarning = shown
