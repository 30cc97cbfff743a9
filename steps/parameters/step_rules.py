"""Which of a metric's steps counts: the last (`loss`), the best (`loss:best`), the last few (`loss:mean_last_5`)."""

import math
import re
import sys
from collections import deque
from collections.abc import Sequence

from steps.errors import did_you_mean

LAST, BEST = "last", "best"
_MEAN_LAST = re.compile(r"mean_last_([1-9]\d{0,2}|1000)")
ALLOWED = "last, best, or mean_last_5 with any number of steps from 1 to 1000"

# What was logged of a metric: (step, value), by step, those of one step in the order in which they were logged.
Steps = Sequence[tuple[int, float]]


def split(name: str) -> tuple[str, str]:
    """Return the metric of a name and the rule behind its last colon, which may be none; without a colon `last`.

    >>> split("loss:best"), split("loss"), split("val:loss:last")
    (('loss', 'best'), ('loss', 'last'), ('val:loss', 'last'))
    """
    metric, colon, rule = name.rpartition(":")
    return (metric, rule) if colon else (name, LAST)


def is_rule(word: str) -> bool:
    """Tell whether a word is a rule."""
    return word in (LAST, BEST) or _MEAN_LAST.fullmatch(word) is not None


def joined(metric: str, rule: str) -> str:
    """Return the name of what a rule makes of a metric; that of its last value is the metric's own."""
    return metric if rule == LAST else f"{metric}:{rule}"


def problem(name: str) -> str:
    """Say what is wrong with the rule in a name; an empty text if nothing is."""
    metric, rule = split(name)
    if is_rule(rule):
        return ""
    return (
        f":{rule} does not say which steps of {metric!r} count"
        f"{did_you_mean(rule, (LAST, BEST, 'mean_last_5'))}; allowed: {ALLOWED}; the last value of a metric that is "
        f"named so is '{name}:{LAST}'"
    )


def value(rule: str, sign: int, steps: Steps) -> tuple[int, float]:
    """Return the step that counts, and the value: what a rule makes of all that was logged of a metric.

    The best is the first of the greatest, multiplied by `sign`, which is -1 or 1; what is not finite is none, unless
    nothing is. The mean is that of the last value of each of the last steps, fewer if there are fewer; its step is the
    last. Raises ValueError if nothing was logged.
    """
    if not steps:
        raise ValueError("nothing was logged")
    count = _MEAN_LAST.fullmatch(rule)
    if count is not None:
        last = [(step, each if _is_finite(each) else math.nan) for step, each in dict(steps).items()][-int(count[1]) :]
        return last[-1][0], math.fsum(each for _, each in last) / len(last)
    if rule == BEST and (finite := [step for step in steps if _is_finite(step[1])]):
        return max(finite, key=lambda step: sign * step[1])
    return steps[-1]


def _is_finite(each: float) -> bool:
    return math.isfinite(each) and abs(each) < sys.float_info.max  # which is how a SQL store keeps infinity


def running(rule: str, sign: int, steps: Steps) -> Steps:
    """Return at each step what a rule makes of the steps up to it, all of which are finite: what a pruner sees."""
    if rule == LAST:
        return steps
    seen: list[tuple[int, float]] = []
    best = -math.inf
    count = _MEAN_LAST.fullmatch(rule)
    last: deque[float] = deque(maxlen=int(count[1]) if count else 1)
    for step, each in steps:
        last.append(each)
        best = max(best, sign * each)
        seen.append((step, math.fsum(last) / len(last) if count else sign * best))
    return seen
