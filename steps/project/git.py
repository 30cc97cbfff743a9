"""Run git in a folder: with a deadline, in English, without a lock, a prompt or a process that stays."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# Variables, set by a git hook for example, that would make git use another repository than the folder's.
OTHER_REPOSITORY = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
)  # fmt: skip
_VARIABLES = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
# Start no file-system monitor, and write no warnings about line ends among the errors.
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.safecrlf=false")
_NONE: Mapping[str, str] = MappingProxyType({})


class GitFailed(Exception):
    """git failed; the message is one line."""


@dataclass(frozen=True)
class Git:
    """Runs git in a folder, up to `deadline`, a time of the monotonic clock."""

    folder: Path
    deadline: float

    def __call__(
        self, *words: str, given: bytes = b"", at_most: int = -1, variables: Mapping[str, str] = _NONE
    ) -> bytes:
        """Return what a git command prints, at most its first `at_most` bytes.

        `given` is its standard input, and `variables` join its environment.

        Raises GitFailed, or FileNotFoundError if git is not installed.
        """
        verb = next((word for word in words if not word.startswith("-") and "=" not in word), "")
        environment = {key: value for key, value in os.environ.items() if key not in OTHER_REPOSITORY}
        with tempfile.TemporaryFile() as output:  # not in memory: it may be large
            try:
                done = subprocess.run(
                    ["git", *_SETTINGS, *words],
                    cwd=self.folder,
                    env={**environment, **_VARIABLES, **variables},
                    input=given,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    timeout=max(0.0, self.deadline - time.monotonic()),
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise GitFailed(f"`git {verb}` takes too long") from error
            if done.returncode != 0:
                reason = " ".join(done.stderr.decode(errors="replace").split())
                raise GitFailed(f"`git {verb}`: {reason or f'exit code {done.returncode}'}")
            output.seek(0)
            return output.read(at_most)

    def line(self, *words: str) -> str:
        """Return the line, such as a path, that a git command prints."""
        return os.fsdecode(self(*words)).removesuffix("\n")
