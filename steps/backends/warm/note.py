"""What commands have noted of their imports, see `imports`; several of them add up."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """The modules that a command had imported at its end, in order: of installed packages and the standard library.

    `own` are the names of all others. `variables` are those that its code had set: the value (None: it was removed),
    and how many of the modules came before that. It has `gained` if packages are among them that its launcher had not
    imported.
    """

    modules: tuple[str, ...]
    own: frozenset[str]
    variables: Mapping[str, tuple[str | None, int]]
    gained: bool

    @staticmethod
    def read(path: Path) -> "Note":
        """Read the file that a command has written."""
        content = json.loads(path.read_text(encoding="utf-8"))
        variables = {name: (value, count) for name, (value, count) in content["variables"].items()}
        return Note(tuple(content["modules"]), frozenset(content["own"]), variables, content["gained"])

    @property
    def packages(self) -> set[str]:
        """Return the names of the packages, without those of the standard library."""
        return {name.partition(".")[0] for name in self.modules} - sys.stdlib_module_names

    @property
    def values(self) -> dict[str, str | None]:
        """Return, with their values, the variables that were set before the last of the modules: it may read them."""
        return {name: value for name, (value, count) in self.variables.items() if count < len(self.modules)}

    @property
    def later(self) -> list[str]:
        """Return the variables that were set after all of the modules: they concern none."""
        return sorted(self.variables.keys() - self.values.keys())

    def after(self, imported: "Note | None") -> "Note":
        """Return the note as if nothing had been imported before the command began, which would have set the same."""
        if imported is None:
            return self
        return replace(self, variables={**self.variables, **imported._in_place(self.modules)})

    def and_also(self, other: "Note") -> "Note":
        """Return what both have imported; where they have set a variable each in its way, what came before that."""
        if self.values == other.values:
            modules = tuple(dict.fromkeys((*self.modules, *other.modules)))
        else:
            differing = {name for name in {*self.values, *other.values} if self._value(name) != other._value(name)}
            earlier = [note._before(name) for note in (self, other) for name in differing & note.values.keys()]
            modules = tuple(name for name in self.modules if all(name in each for each in earlier))
        both = {**other._in_place(modules), **self._in_place(modules)}
        for name in both.keys() - self.values.keys() - other.values.keys():
            both[name] = (both[name][0], len(modules))
        return Note(modules, self.own | other.own, both, self.gained)

    def _value(self, name: str) -> tuple[str | None, ...]:
        return () if name not in self.values else (self.values[name],)

    def _before(self, name: str) -> frozenset[str]:
        """Return the modules that had been imported when a variable was set."""
        return frozenset(self.modules[: self.variables[name][1]])

    def _in_place(self, modules: tuple[str, ...]) -> dict[str, tuple[str | None, int]]:
        """Return the variables with their places among other modules."""
        places = {name: self._before(name) for name in self.variables}
        return {
            name: (value, sum(module in places[name] for module in modules))
            for name, (value, _) in self.variables.items()
        }
