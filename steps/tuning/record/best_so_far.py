"""The best value so far, as a metric of the study's run whose step is the trial."""

import time
from dataclasses import dataclass, field

from mlflow.entities import Metric

from steps import names
from steps.tracking import write

# It is written at most this often, several trials in one request.
_EVERY_S = 1.0


@dataclass
class BestSoFar:
    """What is to be written to a study's run of an objective, and when that was done last."""

    run_id: str
    objective: str
    _unwritten: list[Metric] = field(default_factory=list)
    _last: float = 0.0

    def note(self, value: float, number: int) -> None:
        """Note the best value after a trial."""
        self._unwritten.append(write.metric(names.Metric.best(self.objective), value, number))

    def write_if_due(self) -> None:
        """Write what was noted, unless something has been written only just now."""
        if self._unwritten and time.monotonic() - self._last > _EVERY_S:
            self.write()

    def write(self) -> None:
        """Write what was noted."""
        write.record(self.run_id, self._unwritten)
        self._unwritten.clear()
        self._last = time.monotonic()
