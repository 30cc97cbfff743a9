"""What commands have noted of their imports, see `imports`; several of them add up."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """The modules that a command had imported at its end, in order: of installed packages and the standard library.

    `own` are the names of all others. `variables` are those that its code had set before the last of the modules: the
    value (None: it was removed), and how many of the modules came before that. It has `gained` if packages are among
    them that its launcher had not imported.
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
        """Return the variables with their values."""
        return {name: value for name, (value, _) in self.variables.items()}

    def after(self, imported: "Note | None") -> "Note":
        """Return the note as if nothing had been imported before the command began, which would have set the same."""
        return self if imported is None else replace(self, variables={**self.variables, **imported.variables})

    def agrees_with(self, other: "Note") -> bool:
        """Tell whether both commands have set the same variables to the same values."""
        return self.values == other.values

    def and_also(self, other: "Note") -> "Note":
        """Return what both have imported; where they have set a variable each in its way, what came before that."""
        if self.agrees_with(other):
            more = [name for name in other.modules if name not in set(self.modules)]
            return replace(self, modules=(*self.modules, *more), own=self.own | other.own)
        ours, theirs = self.values, other.values
        differing = {name for name in {*ours, *theirs} if ours.get(name, "") != theirs.get(name, "")}
        count = min(note.variables[name][1] for note in (self, other) for name in differing & note.variables.keys())
        variables = {name: entry for name, entry in self.variables.items() if entry[1] < count}
        return Note(self.modules[:count], self.own | other.own, variables, self.gained)
