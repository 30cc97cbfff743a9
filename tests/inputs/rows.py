"""A bad input and what the step says of it: one row of the tables."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

# Makes a state of the world in a folder, keeps it up, and says what placeholders such as {server} stand for.
State = Callable[[Path], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True)
class Row:
    """What a step is given, and the exit code and the lines on stderr that it has to end with.

    `lines` lack the step's name in front; there is one for each problem. `…` in one stands for anything. In all texts
    {folder} is the row's own folder, where its `files` and its tracking database are, {root} the project's, and what
    the row's `state` names.
    """

    id: str
    step: str
    lines: str | tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()  # what stands on the command line besides the parameters
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    state: State | None = None
    code: int = 2

    @property
    def expected(self) -> list[str]:
        """Return the whole lines."""
        lines = (self.lines,) if isinstance(self.lines, str) else self.lines
        return [f"{self.step}: {line}" for line in lines]


def fill(text: str, places: Mapping[str, str]) -> str:
    """Put in what the placeholders of a text stand for; other braces stay."""
    for name, value in places.items():
        text = text.replace("{" + name + "}", value)
    return text


def matches(line: str, expected: str) -> bool:
    """Tell whether a line is the expected one, in which `…` stands for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("…")), line) is not None
