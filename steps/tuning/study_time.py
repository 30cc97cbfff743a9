"""The time of a study: how long it may take, and how much of that is kept for what comes after its trials."""

import math
import time
from dataclasses import dataclass, field

# What follows the trials (the champion's scores, its model, the report) takes this share of what comes before them
# (imports, the data, the first writes), however busy the machine is, and so many seconds at least.
_END_SHARE, _END_S = 0.6, 3.0
# The most that is kept of a study's time.
_MOST_KEPT = 0.6
# What is imported for it takes this share of what came before the trials.
_IMPORT_SHARE = 0.25
# Until a trial has a score, trials have this share of a study's time, however long it took to begin.
_LEAST_FOR_TRIALS = 0.5
# The champion's importances may take this share of the study's time, and so many seconds, unless its time is over.
_IMPORTANCES_SHARE, _IMPORTANCES_S = 0.1, 10.0


@dataclass
class StudyTime:
    """The time of this start of a study, which may take `timeout_s` (None: no limit).

    `began` is when its process began, of `time.monotonic()`; `ready_s` are the seconds until its first trial. `part` is
    how much of what usually follows the trials is wanted, from 0 to 1.
    """

    timeout_s: float | None = None
    began: float = field(default_factory=time.monotonic)
    ready_s: float = 0.0
    part: float = 1.0

    def spent(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.began

    def start_trials(self) -> None:
        """Note that the trials begin."""
        self.ready_s = self.spent()

    def left_for_first(self) -> float:
        """Return the seconds that are left as long as no trial has a score."""
        if self.timeout_s is None:
            return math.inf
        return max(self.timeout_s, self.ready_s + _LEAST_FOR_TRIALS * self.timeout_s) - self.spent()

    def left_for_trials(self, refit_s: float, report_s: float) -> float:
        """Return the seconds that are left for trials.

        `refit_s` is what the trials let expect of the champion's fits, `report_s` what an earlier report took.
        """
        if self.timeout_s is None:
            return math.inf
        kept = self._end_s(report_s) + refit_s
        return self.timeout_s - min(kept, _MOST_KEPT * self.timeout_s) - self.spent()

    def for_imports(self) -> float:
        """Return how many seconds before the trials' end to import what follows them."""
        return max(1.0, _IMPORT_SHARE * self.ready_s)

    def for_importances(self, report_s: float = 0.0) -> float:
        """Return the seconds that the champion's permutation importances may take; 0 if the study's time is over."""
        most = max(_IMPORTANCES_S, _IMPORTANCES_SHARE * self.spent())
        if self.timeout_s is None:
            return most
        return min(most, max(0.0, self.timeout_s - self.spent() - self._end_s(report_s)))

    def _end_s(self, report_s: float) -> float:
        return max(self.part * max(_END_S, _END_SHARE * self.ready_s), report_s)
