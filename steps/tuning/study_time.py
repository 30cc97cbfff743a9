"""The time of a study: since when it runs, and what parts of it may take."""

import time
from dataclasses import dataclass, field

# The champion's importances may take this share of the study's time, and always so many seconds.
_IMPORTANCES_SHARE, _IMPORTANCES_S = 0.1, 10.0


@dataclass(frozen=True)
class StudyTime:
    """The time of this start of a study; `began` is of `time.monotonic()`."""

    began: float = field(default_factory=time.monotonic)

    def spent(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.began

    def for_importances(self) -> float:
        """Return the seconds that the champion's permutation importances may take."""
        return max(_IMPORTANCES_S, _IMPORTANCES_SHARE * self.spent())
