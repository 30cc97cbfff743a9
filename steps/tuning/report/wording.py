"""Numbers, times and names as a person reads them, in the report, on the terminal and in a run's description."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from steps.tuning.space.estimator_names import short_name
from steps.tuning.space.search_space import ESTIMATOR

_DIGITS = 4
_MOST_DIGITS = 12


def rounded(value: float, digits: int = _DIGITS) -> str:
    """Round a number to some digits; a great one is written out, with commas.

    >>> rounded(0.9583333), rounded(1234567.8), rounded(0.00001234), rounded(150.0)
    ('0.9583', '1,234,568', '1.234e-05', '150')
    """
    if not math.isfinite(value) or abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    return f"{value:,.0f}"


def apart(one: float, other: float) -> tuple[str, str]:
    """Round two numbers so far that they are still told from each other if they differ.

    >>> apart(0.95, 0.9583333), apart(0.933331, 0.933332)
    (('0.95', '0.9583'), ('0.933331', '0.933332'))
    """
    digits = _DIGITS
    while rounded(one, digits) == rounded(other, digits) and one != other and digits < _MOST_DIGITS:
        digits += 1
    return rounded(one, digits), rounded(other, digits)


def short(value: Any) -> str:
    """Write a hyperparameter's value with few digits.

    >>> short(0.123456), short(120), short(True), short("rbf")
    ('0.1235', '120', 'True', 'rbf')
    """
    return rounded(value) if isinstance(value, float) else str(value)


def values(recorded: Mapping[str, Any], estimators: Iterable[str | None]) -> dict[str, str]:
    """Write hyperparameters, and the estimator among them by its short name, which none of `estimators` shares."""
    return {
        name: short_name(value, estimators) if name == ESTIMATOR and isinstance(value, str) else short(value)
        for name, value in recorded.items()
    }


def duration(seconds: float) -> str:
    """Write how long something took.

    >>> duration(4.53), duration(754), duration(3_600), duration(100_000)
    ('4.5 s', '12 min 34 s', '1 h 0 min', '27 h 46 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def counted(count: int, noun: str) -> str:
    """Write a number and what is counted.

    >>> counted(1, "trial"), counted(5_000, "trial")
    ('1 trial', '5,000 trials')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def joined(words: list[str]) -> str:
    """Join words as a sentence does.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def breaking(name: str) -> Markup:
    """Let a long class name go on in another line, in HTML, between two of its words.

    >>> breaking("GradientBoosting <b>")
    Markup('Gradient<wbr>Boosting &lt;b&gt;')
    """
    return Markup("<wbr>").join(re.split(r"(?<=[a-z])(?=[A-Z])", name))


def day(milliseconds: int) -> str:
    """Write the day of a time in milliseconds since 1970, where this machine is."""
    when = datetime.fromtimestamp(milliseconds / 1000)
    return f"{when.day} {when:%B %Y}"
