"""The command of an entry point, as the launcher runs it: a Python program, or a shell that reads the rest."""

import re
import shlex
import sys

# Characters that a shell treats specially outside quotes.
_SHELL = re.compile(r"[`$;&|<>(){}\[\]*?~#!\\\"'\n\r]")
_FINDS_ITS_FOLDER = "PYTHONSAFEPATH="  # how commands of this project begin
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\!]*\"")


def python_words(command: str) -> list[str] | None:
    """Split a plain Python command into its words; return None if a shell must read the command.

    >>> python_words("python -m steps.train --max_features 'sq rt'")
    ['python', '-m', 'steps.train', '--max_features', 'sq rt']
    >>> python_words("PYTHONSAFEPATH= python -m steps.train")
    ['python', '-m', 'steps.train']
    >>> python_words("python -u train.py")
    ['python', '-u', 'train.py']
    >>> python_words("python train.py | tee log") is None
    True
    """
    if _SHELL.search(_QUOTED.sub("", command)):
        return None
    words = shlex.split(command)
    if words[:1] == [_FINDS_ITS_FOLDER] and not sys.flags.safe_path:  # a fork does so anyway
        words.pop(0)
    if len(words) < 2 or words[0] not in ("python", "python3"):
        return None
    program = words[2:] if words[1] == "-u" else words[1:]
    is_script = program[:1] != [] and program[0].endswith(".py") and not program[0].startswith("-")
    return words if is_script or (program[:1] == ["-m"] and len(program) > 1) else None
