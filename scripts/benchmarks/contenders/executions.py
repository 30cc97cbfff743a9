"""What the trials of a study have noted of themselves, whoever ran them: see `trial.py`."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Executions:
    """Counts of a study's executions: how many began, how many ended, and the processes of those that did not."""

    began: int
    ended: int
    at_work: tuple[int, ...]  # process ids, some of them perhaps of processes that are dead by now


def read(file: Path) -> Executions:
    """Count the lines of the file; nobody has begun where there is none."""
    lines = file.read_text().splitlines() if file.exists() else []
    return count(lines)


def count(lines: list[str]) -> Executions:
    """Count `began <pid> <x> <y>` and `ended <pid> <x> <y>`.

    >>> count(["began 7 0.5 1.0", "began 8 1.5 1.0", "ended 7 0.5 1.0"])
    Executions(began=2, ended=1, at_work=(8,))
    """
    kinds = Counter(line.split()[0] for line in lines)
    balance: Counter[tuple[int, str]] = Counter()
    for line in lines:
        kind, pid, point = line.split(maxsplit=2)
        balance[int(pid), point] += 1 if kind == "began" else -1
    at_work = tuple(pid for (pid, _), left in balance.items() if left > 0)
    return Executions(kinds["began"], kinds["ended"], at_work)
