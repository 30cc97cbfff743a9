"""What tuning gained on the held-out rows over the defaults, as the champion's run has it on record."""

from collections.abc import Mapping
from dataclasses import dataclass

from steps.names import Metric
from steps.tuning.champion import contest
from steps.tuning.report.wording import rounded
from steps.tuning.study_plan import StudyPlan

# More digits of a gain say nothing: its interval is as wide as the gain itself, or wider.
DIGITS = 2


@dataclass(frozen=True)
class Gain:
    """A gain, above 0 if it is one, in whatever direction the objective is optimized; with its interval if it has one.

    `rise` is by how much the metric is higher.
    """

    rise: float
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> str:
        """Return the interval in words, empty if there is none."""
        between = self.between
        return f"95 %: {between}" if between else ""

    @property
    def between(self) -> str:
        """Return the ends of the interval, empty if there is none."""
        return ends(self.low, self.high, DIGITS)


def gain_of(plan: StudyPlan, metrics: Mapping[str, float]) -> Gain | None:
    """Return the gain by a champion's metrics; None if they have none: a script may log anything under that name."""
    if not plan.entry.runs_train or Metric.GAIN not in metrics:
        return None
    by, rise = contest.judge(plan), metrics[Metric.GAIN]
    sign = by.sign if by is not None and by.name == Metric.cv(plan.settings.metric) else 1
    found = [sign * metrics[name] for name in (Metric.low(Metric.GAIN), Metric.high(Metric.GAIN)) if name in metrics]
    low, high = sorted(found) if len(found) > 1 else (None, None)
    return Gain(rise, sign * rise, low, high)


def ends(low: float | None, high: float | None, digits: int = 4) -> str:
    """Write the ends of an interval, nothing if it has none.

    >>> ends(0.83333, 1.0), ends(None, None)
    ('0.8333 to 1', '')
    """
    return "" if low is None or high is None else f"{rounded(low, digits)} to {rounded(high, digits)}"
