"""Execute the command of an entry point in a forked process that has imported what it needs."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from steps.process import orphans

# Characters that a shell treats specially outside quotes.
_SHELL = re.compile(r"[`$;&|<>(){}\[\]*?~#!\\\"'\n\r]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\!]*\"")


def execute(command: str, folder: str, variables: Mapping[str, str], output: str) -> None:
    """Run an entry point's command in a folder, with more environment variables and all output in a file.

    This is the body of a forked process. It leads a session of its own, ends when the process that asked for it ends,
    and exits with the command's exit code. `python -m module …` and `python file.py …` run in this process; a shell
    below it runs any other command.
    """
    os.setsid()
    orphans.follow_parent()
    _redirect(output)
    os.environ.update(variables)
    os.chdir(folder)
    words = python_words(command)
    if words is None:
        raise SystemExit(subprocess.run(["bash", "-c", command], check=False).returncode)
    _run_python(words)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that executes a command, and to its session; do nothing if it has ended."""
    with suppress(ProcessLookupError):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # it has ended, or was just forked and does not lead its session yet
            os.kill(pid, number)


def python_words(command: str) -> list[str] | None:
    """Split a plain Python command into the words after `python`; return None if a shell must read the command.

    >>> python_words("python -m steps.train --max_features 'sq rt'")
    ['-m', 'steps.train', '--max_features', 'sq rt']
    >>> python_words("python train.py | tee log") is None
    True
    """
    if _SHELL.search(_QUOTED.sub("", command)):
        return None
    words = shlex.split(command)
    if len(words) < 2 or words[0] not in ("python", "python3"):
        return None
    script = words[1].endswith(".py") and not words[1].startswith("-")
    return words[1:] if script or (words[1] == "-m" and len(words) > 2) else None


def _run_python(words: Sequence[str]) -> None:
    # First on the path comes what the interpreter puts there: the current folder for -m, the script's for a file.
    if words[0] == "-m":
        sys.argv = [words[1], *words[2:]]
        _first_on_path(str(Path.cwd()))
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(words)
        _first_on_path(str(Path(words[0]).resolve().parent))
        runpy.run_path(words[0], run_name="__main__")


def _first_on_path(folder: str) -> None:
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)


def _redirect(output: str) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
