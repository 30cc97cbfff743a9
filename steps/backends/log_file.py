"""The file with what a child has printed. It may be large: no more than its end is ever read."""

import re
from pathlib import Path

from mlflow.tracking import MlflowClient

from steps.names import Artifact
from steps.tracking.served_store import without_secret

# How much of its end becomes an artifact, and how much is searched for its last lines.
_KEPT_BYTES = 1_000_000
_SEARCHED_BYTES = 50_000
# The first line of an exception in a traceback; how many lines a frame before it may have.
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*: \S")
_FRAME_LINES = 4
# The same of one of torchrun's processes. What torchrun itself writes behind it says only that one failed.
_OF_A_RANK = re.compile(rf"\[rank\d+\]: (?={_EXCEPTION.pattern})")
# How many lines are searched: torchrun writes 50 behind an exception, and a message may be long.
_SEARCHED_LINES = 100
# What MLflow's local backend writes behind all else.
_OF_MLFLOW = re.compile(r"[\d/]+ [\d:]+ ERROR mlflow\.cli: === Run \(ID '\w+'\) failed ===")


def path_for(folder: Path, name: str) -> Path:
    """Return the path of a new file for what a child of a name will print.

    The folder is made again if it is gone: it is a temporary one, and systems clean those after some days.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace(" ", "-")
    paths = (folder / f"{stem}{f'-{count}' if count > 1 else ''}.log" for count in range(1, 1_000_000))
    return next(path for path in paths if not path.exists())


def last_lines(path: Path | None, count: int = _SEARCHED_LINES) -> str:
    """Return the last lines of a file, nothing if there is none."""
    return "\n".join(_end_of(path, _SEARCHED_BYTES).splitlines()[-count:])


def telling_line(lines: str) -> str:
    r"""Return the line that says most: of an exception, the one with its type, whose message may go on; else the last.

    Of several of torchrun's processes the first has failed first. A line of mere signs, as of a frame, says nothing.

    >>> telling_line('  File "fit.py", line 3, in <module>\n    fit()\nValueError: no such thing:\nis not there.')
    'ValueError: no such thing:'
    >>> telling_line("epoch 1\nout of luck")
    'out of luck'
    """
    every = [line for line in lines.splitlines() if not _OF_MLFLOW.match(line)][-_SEARCHED_LINES:]
    for line in every:
        if rank := _OF_A_RANK.match(line):
            return line[rank.end() :].strip()
    for index in range(len(every) - 1, 0, -1):
        in_frame = any(line.startswith('  File "') for line in every[max(0, index - _FRAME_LINES) : index])
        if in_frame and every[index - 1].startswith("  ") and _EXCEPTION.match(every[index]):
            return every[index].strip()
    return next((line.strip() for line in reversed(every) if re.search(r"\w", line)), "")


def keep(path: Path | None, run_id: str) -> bool:
    """Write the end of a file to a run, as an artifact; tell whether there was anything."""
    text = _end_of(path, _KEPT_BYTES)
    if text:
        MlflowClient().log_text(run_id, text, Artifact.LOG)
    return bool(text)


def _end_of(path: Path | None, most: int) -> str:
    """Read the end of a file, from the beginning of a line on; say how much before it was left out."""
    if path is None or not path.exists():
        return ""
    with path.open("rb") as file:
        before = max(0, path.stat().st_size - most)
        file.seek(before)
        content = file.read(most)
    line = content.find(b"\n") + 1 if before else 0
    note = f"[{before + line:,} bytes before this are left out]\n" if before else ""
    return note + without_secret(content[line:].decode(errors="replace"))
