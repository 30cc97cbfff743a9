"""What the charts share: the chart itself, its colours, numbers with few digits, the axis of a score."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steps.tuning.report.study_record import StudyRecord

# A Vega-Lite spec. Where it has a colour, a word that begins with `--` is one that the page's style sets; embed.js.
Spec = Mapping[str, Any]

INK, SOFT, LINE, PAPER, CARD, ACCENT = "--ink", "--soft", "--line", "--paper", "--card", "--accent"
# Of trials that count for nothing; embed.js has them, light and dark.
PRUNED, FAILED = "--pruned", "--failed"
# From the worst to the best: it gets ever further from the page, so that it is read in grey too.
RAMP = ("--card", "--middle", "--deep")

NO_TRIAL, NONE_FEASIBLE = "No trial has finished.", "No trial that has finished keeps the constraints."
# A tenth of the values at most is drawn at the edge of an axis: those that are so many times as far from the best one
# as the rest. So are more, if they are so much further that the better half would be a single line.
_FURTHER, _MUCH_FURTHER = 3.0, 20.0
# More than a quarter of them are no exceptions.
_FEW = 4


@dataclass(frozen=True)
class Chart:
    """A chart with its title; `note` says what it shows, or why there are no `specs`.

    Several specs stand beside each other where there is room. `alternative` says in words what is seen. One that is
    `folded` is drawn when it is asked for.
    """

    title: str
    note: str = ""
    specs: Sequence[Spec] = ()
    alternative: str = ""
    folded: bool = False


def why_nothing(record: StudyRecord) -> str:
    """Say why there is nothing to be drawn of a study."""
    return NONE_FEASIBLE if any(trial.values for trial in record.trials) else NO_TRIAL


def rounded(value: float, digits: int = 8) -> float:
    """Return a number with the eight digits that no eye tells from all of them; a finite one stays finite.

    >>> rounded(0.1 + 0.2), rounded(1.79769e308, 5)
    (0.3, 1.79769e+308)
    """
    short = float(f"{value:.{digits}g}")
    return short if math.isfinite(short) else float(value)


def plain(value: Any) -> Any:
    """Return a hyperparameter's value as data of a chart: numbers as they are, a choice as a text."""
    return rounded(value) if isinstance(value, float) else value if type(value) is int else str(value)


def short(value: Any) -> str:
    """Return a hyperparameter's value, a number with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def field(name: str, title: str, kind: str = "quantitative", **more: Any) -> dict[str, Any]:
    """Return an encoding's channel or a line of a tooltip; numbers have six digits at most."""
    digits = {"format": ".6~g"} if kind == "quantitative" else {}
    return {"field": name, "type": kind, "title": title, **digits, **more}


def score_scale(values: Iterable[float], sign: int) -> tuple[dict[str, Any], int]:
    """Return the scale of an axis of scores, and how many values are so much worse than the rest that it ends before.

    Those are drawn at its edge. One score of -1e6 would press all others into one line.
    """
    ordered = sorted((sign * value for value in values), reverse=True)
    if not ordered:
        return {"zero": False}, 0
    best, most, half = ordered[0], ordered[9 * (len(ordered) - 1) // 10], ordered[(len(ordered) - 1) // 2]
    least = best - _FURTHER * (best - most)
    if best > half:
        least = max(least, best - _MUCH_FURTHER * (best - half))
    kept = [value for value in ordered if value >= least]
    beyond = len(ordered) - len(kept)
    if not 0 < beyond <= len(ordered) // _FEW or best == kept[-1]:
        return {"zero": False}, 0
    room = 0.05 * (best - kept[-1])
    ends = sorted((_finite(sign * (best + room)), _finite(sign * (kept[-1] - room))))
    scale = {"domain": ends, "clamp": True, "nice": False}
    return scale, sum(is_beyond(sign * value, scale) for value in ordered)


def _finite(value: float) -> float:
    return max(-sys.float_info.max, min(sys.float_info.max, value))


def is_beyond(value: float, scale: Mapping[str, Any]) -> bool:
    """Tell whether a score is drawn at the edge of a scale of `score_scale`."""
    low, high = scale.get("domain", (-math.inf, math.inf))
    return not low <= value <= high


def at_the_edge(beyond: int) -> str:
    """Say that values are drawn at the edge of a chart, if so."""
    if not beyond:
        return ""
    return f" {beyond} far worse {'trial is' if beyond == 1 else 'trials are'} drawn at the edge."


def every(items: Sequence[Any], most: int) -> Sequence[Any]:
    """Return one item in k, from the first on, so that there are `most` or fewer.

    >>> every([0, 1, 2, 3, 4], 3)
    [0, 2, 4]
    """
    return items[:: max(1, math.ceil(len(items) / most))]
