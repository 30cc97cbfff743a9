"""What a command imports from installed packages, noted at its end: for the launcher of the commands that follow.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone.
"""

import atexit
import json
import os
import site
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_PACKAGES = ("site-packages", "dist-packages")
# MLflow's own variables differ from run to run, and no package reads them when it loads.
_NOT_NOTED = "MLFLOW_"


class Imports:
    """The imports of the command that this process becomes, and the variables that its own code sets among them.

    `given` are the variables that it is started with; `hear` is that of `environ`.
    """

    def __init__(self, given: "dict[str, str]", hear: "Callable[..., None]"):
        self._hear = hear
        self._pid = os.getpid()
        self._given = given
        self._before = frozenset(sys.modules)
        self._folders = installed_folders()
        # By a variable's name: the first value that it was set to, and how many modules there were.
        self._set: dict[str, tuple[str | None, int]] = {}
        self._on_set: Callable[[str, str | None], None] = lambda _name, _value: None

    def note(self, path: str) -> None:
        """At the end of this process, write what it has imported to a file."""
        self._listen()
        atexit.register(self._write, path)  # before the command's own handlers, so that it comes after them

    def expect(self, variables: "dict[str, str | None]", later: "list[str]", path: str) -> None:
        """End this process where its code sets a variable that what was imported beforehand may have read otherwise.

        It may set `variables` to these values, and those that come `later` than the imports. A file then says why; it
        also does if one of `variables` has not been set by the end.
        """

        def compare(name: str, value: "str | None") -> None:
            if name in variables and variables[name] != value:
                say(path, f"it sets {name} to {value!r}, and an earlier trial had set {variables[name]!r}")
                os._exit(1)
            if name not in variables and name not in later:
                say(path, f"it sets {name}, which may concern what was imported beforehand")
                os._exit(1)

        def look_back() -> None:
            missing = [name for name in variables if name not in self._set]
            if missing and os.getpid() == self._pid:
                say(path, f"it does not set {missing[0]}, as an earlier trial had done")

        self._on_set = compare
        self._listen()
        atexit.register(look_back)

    def _listen(self) -> None:
        self._hear(on_set=self._hear_variable)

    def _hear_variable(self, name: str, value: "str | None") -> None:
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

    def _write(self, path: str) -> None:
        if os.getpid() != self._pid:  # a fork of the command's own
            return
        origins = {name: _origin(name, module) for name, module in list(sys.modules.items())}
        numbers = {name: number for number, name in enumerate(origins)}
        installed = [name for name, origin in origins.items() if origin.startswith(self._folders)]
        others = {name.partition(".")[0] for name, origin in origins.items() if origin} - {
            name.partition(".")[0] for name in installed
        }
        # How many of them came before each variable that was set.
        places = {name: sum(numbers[other] < count for other in installed) for name, (_, count) in self._set.items()}
        variables = {name: [value, places[name]] for name, (value, _) in self._set.items()}
        gained = any(name not in self._before and _is_of_package(origins[name]) for name in installed)
        say(path, json.dumps({"modules": installed, "own": sorted(others), "variables": variables, "gained": gained}))


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
