"""Steps in forks of one process that has the imports done: all that they do is real, but for those seconds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# A step that takes longer is ended: one that makes an environment takes minutes on a busy machine.
LIMIT_S = 900.0


class Host:
    """The process whose forks the steps are; it starts with the first of them. `database` is an empty one, to copy.

    What a fork is, is not seen from outside: its environment in /proc is the host's. So what looks for the processes of
    a study starts them for itself.
    """

    def __init__(self, database: Path):
        self.database = database
        self._process: subprocess.Popen[str] | None = None

    def step(
        self,
        module: str,
        words: Sequence[str],
        env: Mapping[str, str],
        *,
        out: Path,
        err: Path,
        limit_s: float = LIMIT_S,
    ) -> int:
        """Do what `python -m module words` does in the project's folder; return its exit code.

        What it writes is added to the files `out` and `err`.
        """
        request = {
            "module": module,
            "words": list(words),
            "env": dict(env),
            "cwd": str(ROOT),
            "out": str(out),
            "err": str(err),
            "limit_s": limit_s,
        }
        process = self._started()
        assert process.stdin is not None
        print(json.dumps(request), file=process.stdin, flush=True)
        return int(_line_of(process))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            scratch = self.database.with_name("scratch.db")
            shutil.copy(self.database, scratch)
            words = [sys.executable, "-m", "tests.host.process", f"sqlite:///{scratch}"]
            env = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
            env |= {"MLFLOW_DISABLE_TELEMETRY": "true", "OMP_NUM_THREADS": "1"}
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(words, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True)
            assert _line_of(self._process) == "ready"
        return self._process


def _line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
