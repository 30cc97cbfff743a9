"""What a command imports from installed packages, noted at its end: for the launcher of the commands that follow.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import atexit
import json
import os
import site
import sys
import time
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

_PACKAGES = ("site-packages", "dist-packages")
# MLflow's own variables differ from run to run, and no package reads them when it loads.
_NOT_NOTED = "MLFLOW_"
# Of what is read in C nobody hears: by libraries that come with these packages, when they load.
_READ_IN_C = ("BLIS_", "GOMP_", "GOTO_", "KMP_", "MKL_", "OMP_", "OPENBLAS_", "VECLIB_")
_WITH_C = ("numpy", "torch")
# What a command sets later than this comes after its imports. It never starts anew then: it may have worked for hours.
_EARLY_S = 30.0


def watch(request: "dict[str, Any]", hear: "Callable[..., None]", anew: "Callable[[], None]") -> None:
    """Watch the command of a request, which this process is about to become: see Imports."""
    own = Imports(request["variables"], request["read"], hear)
    if "note" in request:
        own.note(request["note"])
    own.expect(request.get("expected", {}), request.get("later", []), anew, request.get("unfit"))


class Imports:
    """The imports of the command that this process becomes, and the variables that its code sets and imports read.

    `given` are the variables that it is started with, `read` are those that imports before the fork have read; `hear`
    is that of `environ`.
    """

    def __init__(self, given: "Collection[str]", read: "Collection[str]", hear: "Callable[..., None]"):
        self._given, self._read, self._hear = given, read, hear
        self._pid, self._began = os.getpid(), time.monotonic()
        # Of what the launcher has imported; to list all of it would copy its pages.
        self._with_c = [package for package in _WITH_C if package in sys.modules]
        self._folders = installed_folders()
        # By a variable's name: the first value that it was set to, and how many modules there were.
        self._set: dict[str, tuple[str | None, int]] = {}
        self._on_read: Callable[[str], None] | None = None
        self._on_set: Callable[[str, str | None], None] = lambda _name, _value: None

    def note(self, path: str) -> None:
        """At the end of this process, write what it has imported to a file."""
        read, before = set(self._read), frozenset(sys.modules)

        def add(name: str) -> None:
            if name not in read and self._is_loading(sys._getframe(2)):
                read.add(name)

        self._on_read = add
        self._hear(self._on_read, self._hear_set)
        # Before the command's own handlers, so that it comes after them.
        atexit.register(self._write, path, read, before)

    def expect(
        self, variables: "dict[str, str | None]", later: "list[str]", anew: "Callable[[], None]", path: "str | None"
    ) -> None:
        """Call `anew` where the command's code sets a variable that what was imported beforehand has read otherwise.

        It may set `variables` to these values, and those that come `later` than the imports. A file then says why, if
        it has a path; and so it does at the end, if one of `variables` was not set: then the command is to run again.
        """

        def compare(name: str, value: "str | None") -> None:
            reason = f"it sets {name}, which what was imported beforehand has read"
            is_fit = name in later or not _is_among(name, self._read, self._with_c)
            if name in variables:
                reason = f"it sets {name} to {value!r}, and an earlier trial had set {variables[name]!r}"
                is_fit = variables[name] == value
            if not is_fit and time.monotonic() - self._began < _EARLY_S:
                tell(reason, again=False)
                anew()

        def look_back() -> None:
            missing = [name for name in variables if name not in self._set]
            if missing and os.getpid() == self._pid:
                tell(f"it does not set {missing[0]}, as an earlier trial had done", again=True)

        def tell(reason: str, *, again: bool) -> None:
            if path is not None:
                say(path, json.dumps({"reason": reason, "again": again}))

        self._on_set = compare
        self._hear(self._on_read, self._hear_set)
        if variables:
            atexit.register(look_back)

    def _hear_set(self, name: str, value: "str | None") -> None:
        known = name in self._set or name in self._given or name.lstrip("_").startswith(_NOT_NOTED)
        if not known and os.getpid() == self._pid and not self._is_loading(sys._getframe(1)):
            self._set[name] = (value, len(sys.modules))
            self._on_set(name, value)

    def _is_loading(self, frame: "FrameType | None") -> bool:
        """Tell whether an installed module is being imported: that does the same in every process."""
        while frame is not None:
            is_import = frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") != "__main__"
            if is_import and frame.f_code.co_filename.startswith(self._folders):
                return True
            frame = frame.f_back
        return False

    def _write(self, path: str, read: "Collection[str]", before: "Collection[str]") -> None:
        if os.getpid() != self._pid:  # a fork of the command's own
            return
        origins = {name: _origin(name, module) for name, module in list(sys.modules.items())}
        numbers = {name: number for number, name in enumerate(origins)}
        installed = [name for name, origin in origins.items() if origin.startswith(self._folders)]
        others = {name.partition(".")[0] for name, origin in origins.items() if origin} - {
            name.partition(".")[0] for name in installed
        }
        # How many of them came before each variable that was set, and that one of them has read.
        variables = {
            name: [value, sum(numbers[other] < count for other in installed)]
            for name, (value, count) in self._set.items()
            if _is_among(name, read, origins)
        }
        gained = any(name not in before and _is_of_package(origins[name]) for name in installed)
        say(path, json.dumps({"modules": installed, "own": sorted(others), "variables": variables, "gained": gained}))


def _is_among(name: str, read: "Collection[str]", modules: "Collection[str]") -> bool:
    """Tell whether a variable is among those that were read, as modules were imported."""
    return name in read or (name.startswith(_READ_IN_C) and any(package in modules for package in _WITH_C))


def installed_folders() -> "tuple[str, ...]":
    """Return the folders, each with a separator at its end, of the standard library and of installed packages."""
    paths = [os.path.dirname(os.__file__), *(site.getsitepackages() if hasattr(site, "getsitepackages") else [])]
    paths += [path for path in sys.path if os.path.basename(path) in (*_PACKAGES, "lib-dynload")]
    return tuple({os.path.join(form(path), "") for path in paths for form in (os.path.abspath, os.path.realpath)})


def _origin(name: str, module: Any) -> str:
    """Return the file of a module that can be imported again by that name; a folder of a package that has no file."""
    spec = getattr(module, "__spec__", None)
    if spec is None or getattr(spec, "name", None) != name or name in ("__main__", "__mp_main__"):
        return ""
    if isinstance(spec.origin, str):
        return spec.origin if os.path.isabs(spec.origin) else ""  # else it is built in
    return "".join(os.path.join(str(folder), "") for folder in list(spec.submodule_search_locations or [])[:1])


def _is_of_package(origin: str) -> bool:
    return any(f"{os.sep}{name}{os.sep}" in origin for name in _PACKAGES)


def say(path: str, text: str) -> None:
    """Write a file that is whole once it is there."""
    with open(f"{path}.part", "w") as file:
        file.write(text)
    os.replace(f"{path}.part", path)
