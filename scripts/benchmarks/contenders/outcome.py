"""What became of a study that was disturbed, and how far it is the one that nobody disturbed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TRIALS = 16
AT_ONCE = 2


@dataclass(frozen=True)
class Trial:
    """A trial that has a score: its number, its parameters, the score."""

    number: int
    params: Mapping[str, float]
    score: float


Essence = Sequence[Trial]


@dataclass(frozen=True)
class Outcome:
    """What is counted of one fault: see the columns."""

    lost: int  # of the trials that were asked for, those without a score at the end
    again: int  # executions above the trials that have a score
    running: int  # what the record calls running once the fault is over, before anybody resumes
    processes: int  # of the study's own, that are there then
    resumed_by: str
    equal: str


COLUMNS = ("fault", "tool", "trials lost", "run again", "left RUNNING", "processes left", "resumed by", "equal")


def row(fault: str, tool: str, outcome: Outcome) -> str:
    """Write a row of the Markdown table."""
    counts = (outcome.lost, outcome.again, outcome.running, outcome.processes)
    return line([fault, tool, *map(str, counts), outcome.resumed_by, outcome.equal])


def line(cells: Sequence[str]) -> str:
    """Write cells as a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def lost(essence: Essence) -> int:
    """Return how many of the trials that were asked for have no score."""
    return max(0, TRIALS - len(essence))


def equality(expected: Essence, essence: Essence) -> str:
    """Say whether two studies are equal: the same numbers, parameters and scores, each to the last bit.

    Where only the numbers differ, it says that, and where trials do, how many of the expected ones are not there.
    """
    if list(expected) == list(essence):
        return "yes"
    missing = Counter(map(_point, expected)) - Counter(map(_point, essence))
    if not missing and len(expected) == len(essence):
        return "but for the numbers"
    return f"no: {missing.total()} of {len(expected)} differ" if missing else f"no: {len(essence)} trials"


def _point(trial: Trial) -> tuple[object, ...]:
    return tuple(sorted(trial.params.items())), trial.score
