"""git, asked in a folder: within a deadline, in English, without a lock, a prompt or a process that stays."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# What a git hook, say, leaves in the environment: git would look at another repository than the folder's.
_ELSEWHERE = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
)  # fmt: skip
_ASKED = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
# No monitor of the file system; and no warning about line ends among the errors.
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.safecrlf=false")
_NONE: Mapping[str, str] = MappingProxyType({})


class GitFailed(Exception):
    """Says in one line why git has no answer."""


@dataclass(frozen=True)
class Git:
    """Asks git in a folder; `deadline` is a time of the monotonic clock."""

    folder: Path
    deadline: float

    def __call__(self, *words: str, at_most: int = -1, variables: Mapping[str, str] = _NONE) -> bytes:
        """Return what a git command prints, the first `at_most` bytes of it; `variables` join its environment.

        Raises GitFailed, FileNotFoundError where there is no git.
        """
        environment = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE}
        with tempfile.TemporaryFile() as output:  # in no memory, however much it is
            try:
                done = subprocess.run(
                    ["git", *_SETTINGS, *words],
                    cwd=self.folder,
                    env={**environment, **_ASKED, **variables},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    timeout=max(0.0, self.deadline - time.monotonic()),
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise GitFailed(f"`git {words[0]}` takes too long") from error
            if done.returncode != 0:
                said = " ".join(done.stderr.decode(errors="replace").split())
                raise GitFailed(f"`git {words[0]}`: {said or f'exit code {done.returncode}'}")
            output.seek(0)
            return output.read(at_most)

    def line(self, *words: str) -> str:
        """Return the one line, such as a path, that a git command prints."""
        return os.fsdecode(self(*words)).removesuffix("\n")
