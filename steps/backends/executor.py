"""Execute one entry-point command inside a forked process that has everything imported already."""

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

# What a shell would treat specially outside quotes.
_SHELL = re.compile(r"[`$;&|<>(){}\[\]*?~#!\\\"'\n\r]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\!]*\"")


def execute(command: str, folder: str, variables: Mapping[str, str], output: str) -> None:
    """Run an entry point's command in a folder, with environment variables added and all output in a file.

    The body of a forked process: leads a session of its own, does not outlive the process that asked for it, and ends
    with the command's exit code. `python -m module …` and `python file.py …` run right here; any other command runs
    in a shell below.
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
    """Send a signal to a process that executes a command, and to all that it started; nothing where it is gone."""
    with suppress(ProcessLookupError):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # gone, or forked this very moment: it does not lead its session yet
            os.kill(pid, number)


def python_words(command: str) -> list[str] | None:
    """Split a command into the words after `python`, if it is one plain Python command; None if a shell must read it.

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
    # As the interpreter does it: the folder (for -m) or the script's own (for a file) comes first on the path.
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
