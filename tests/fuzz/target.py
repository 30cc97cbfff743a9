"""What is fuzzed: a parser, what it is given, and what may come out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from steps.errors import StepError

# A sentence for a person is no longer than this: it may have a whole argument in it, and list columns.
MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Target:
    """A parser: `drawn` is what it is given, `read` gives it that, in a folder of its own."""

    drawn: st.SearchStrategy[Any]
    read: Callable[[Path, Any], object]

    def check(self, folder: Path, drawn: Any) -> None:
        """Read what was drawn; only an error of ours may come out, and its problems have one line each."""
        try:
            self.read(folder, drawn)
        except StepError as error:
            assert error.problems, "an error without a problem"
            for problem in error.problems:
                assert problem.strip(), "an empty problem"
                assert "\n" not in problem, f"a problem of several lines: {problem!r}"
                assert len(problem) <= MOST_CHARACTERS, f"a problem of {len(problem)} characters: {problem[:300]!r}"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file; a half of a surrogate pair becomes bytes that are no UTF-8."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path
