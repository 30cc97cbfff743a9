"""How the program `launcher` is started: by which interpreter, in which folder, with which environment."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_FILE = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Program:
    """The interpreter of an environment, and what a launcher in it begins with; by default all is this process's own.

    `activation` are commands of bash that come before it, such as `source …/bin/activate`; then `python` may be the
    name that they put on PATH. `variables` are added to this process's environment as it is when the launcher starts;
    None takes one out.
    """

    python: str = sys.executable
    activation: Sequence[str] = ()
    folder: str | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)

    def words(self, descriptor: int) -> list[str]:
        """Return the command that serves the socket of a descriptor.

        >>> Program("python", ["source env/bin/activate"]).words(3)[:2]
        ['bash', '-c']
        """
        words = [self.python, str(_FILE), str(descriptor)]
        if not self.activation:
            return words
        return ["bash", "-c", " && ".join([*self.activation, f"exec {shlex.join(words)}"])]

    def environment(self) -> dict[str, str]:
        """Return the variables that it starts with."""
        variables: dict[str, str | None] = {**os.environ, **self.variables}
        return {name: value for name, value in variables.items() if value is not None}


def spawn(program: Program, descriptor: int) -> "subprocess.Popen[bytes]":
    """Start a launcher, which serves the socket of a descriptor."""
    return subprocess.Popen(
        program.words(descriptor),
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C is for the tuner
        cwd=program.folder,
        env=program.environment(),
    )
