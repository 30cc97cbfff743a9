"""Be a command: run a Python program in this process as its interpreter would, then end as that does.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import importlib
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
import types
from typing import Any, Optional

# Modules that no program is to find. To take them apart would copy the pages that forks share.
_forgotten: "list[Any]" = []
# What an interpreter has imported from files before its main module.
_AT_START = (
    "_collections_abc", "_sitebuiltins", "abc", "codecs", "encodings", "genericpath", "io", "os", "posixpath", "site",
    "stat", "zipimport",
)  # fmt: skip


def redirect(output: str, *, unbuffered: bool, by_lines: bool) -> None:
    """Write stdout and stderr to a file, by streams such as an interpreter makes for one; stdin is empty.

    `by_lines`: stdout is written line by line, for somebody who watches the file. Else a line waits for 8 KB of others.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, descriptor in ((0, nothing), (1, target), (2, target)):
        os.dup2(descriptor, number)
    os.close(nothing)
    os.close(target)
    unbuffered = unbuffered or bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before = getattr(sys, f"__{name}__")  # of the same locale
        raw = io.FileIO(number, "wb" if number else "rb", closefd=False)
        raw.name = f"<{name}>"
        binary: Any = raw
        if number == 0:
            binary = io.BufferedReader(raw)
        elif not unbuffered:
            binary = io.BufferedWriter(raw)
        stream: Any = io.TextIOWrapper(
            binary, encoding=before.encoding, errors=before.errors,
            line_buffering=number >= (1 if by_lines else 2) and not unbuffered, write_through=unbuffered and number > 0,
        )  # fmt: skip
        stream.mode = "w" if number else "r"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def run(command: "list[str]") -> int:
    """Run `python -m module …` or `python file.py …` as the main module; return its exit code.

    Do this last in a process, and leave it with that code.
    """
    sys.orig_argv = list(command)  # from Python 3.10 on
    words = [word for word in command[1:3] if word != "-u"] + command[3:]
    return _exit_code(words)


def start_anew(command: "list[str]", folder: str, environment: "dict[str, str]") -> None:
    """Become an interpreter of its own that runs a command from its start, in the same process; forget the output."""
    os.chdir(folder)
    try:
        os.ftruncate(1, 0)
    except OSError:  # it is no file any more
        pass
    os.execve(sys.executable, [sys.executable, *command[1:]], environment)


def _exit_code(words: "list[str]") -> int:
    """Run a program; write what an interpreter writes of its error; return the exit code."""
    try:
        _run_main_module(words)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        sys.stdout.flush()
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        trace: Optional[types.TracebackType] = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next  # the program's own frames
        sys.stdout.flush()
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _run_main_module(words: "list[str]") -> None:
    module: Any = types.ModuleType("__main__")
    module.__builtins__ = sys.modules["builtins"]
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    if words[0] == "-m":
        _put_on_path(os.getcwd())
        spec: Any = _main_spec(words[1])
        sys.argv = [spec.origin, *words[2:]]
        module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, spec.parent
        module.__file__, module.__cached__ = spec.origin, spec.cached
        code = spec.loader.get_code(spec.name)
    else:
        sys.argv = list(words)
        _put_on_path(os.path.dirname(os.path.realpath(words[0])))
        path = os.path.abspath(words[0])
        module.__file__, module.__spec__, module.__package__, module.__cached__ = path, None, None, None
        module.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
        with io.open_code(path) as file:
            code = compile(file.read(), path, "exec")
    sys.modules["__main__"] = module
    if "multiprocessing" in sys.modules:
        sys.modules["__mp_main__"] = module  # where classes of it are found that a spawned process sends
    exec(code, module.__dict__)


def _put_on_path(folder: str) -> None:
    if getattr(sys.flags, "safe_path", False):  # python -P and PYTHONSAFEPATH, from Python 3.11 on
        return
    sys.path.insert(0, folder)
    sys.path_importer_cache.pop(folder, None)  # whatever was seen there before
    _forget_shadowed(folder)


def _forget_shadowed(folder: str) -> None:
    """Forget modules that are here already and would be others if they were imported now, from a program's folder.

    Not those that every interpreter has at its start: a program gets these whatever its folder has.
    """
    here = os.path.realpath(folder)
    try:
        entries = os.listdir(here)
    except OSError:
        return
    for entry in entries:
        name = entry[:-3] if entry.endswith(".py") else entry
        origin = getattr(getattr(sys.modules.get(name), "__spec__", None), "origin", None) or ""
        file = os.path.join(here, entry if entry.endswith(".py") else os.path.join(entry, "__init__.py"))
        if name not in _AT_START and os.path.isabs(origin) and os.path.isfile(file) and not _is_same(origin, file):
            for other in [other for other in sys.modules if other == name or other.startswith(f"{name}.")]:
                _forgotten.append(sys.modules.pop(other))


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


def _main_spec(name: str) -> Any:
    """Find the module that `python -m name` runs. Raises SystemExit, with what Python writes, if there is none."""
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise SystemExit(
            f"{sys.executable}: Error while finding module specification for {name!r} ({reason})"
        ) from None
    if spec is None or spec.loader is None:
        raise SystemExit(f"{sys.executable}: No module named {name}")
    return spec
