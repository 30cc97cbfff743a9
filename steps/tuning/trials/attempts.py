"""A trial that was run again: what its earlier attempts have logged before the step from which the next one went on.

An attempt that finds a checkpoint logs the steps behind it alone. The trial is judged by the steps of all attempts, as
if it had not been disturbed. One that begins anew logs every step once more, so nothing of the earlier ones counts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from mlflow.entities import Metric


@dataclass
class Attempts:
    """The attempts of a study's trials: `before` has the id of the run before by that of the run which retries it."""

    before: dict[str, str] = field(default_factory=dict)
    _logged: dict[tuple[str, str], list[Metric]] = field(default_factory=dict)

    def earlier(
        self, run_id: str, metric: str, own: list[Metric], read: Callable[[str, str], list[Metric]]
    ) -> list[Metric]:
        """Return what the attempts before a run logged of a metric, each below the first step of the next one.

        `own` is what the run itself has logged. If that is nothing, all before counts: it may have begun at the last
        checkpoint. `read` gives what a run has logged, by its id and the metric; an ended one is read once.
        """
        first = min((one.step for one in own), default=math.inf)
        found: list[Metric] = []
        while (run_id := self.before.get(run_id, "")) != "":
            key = run_id, metric
            if key not in self._logged:
                self._logged[key] = read(*key)
            found += [one for one in self._logged[key] if one.step < first]
            first = min((one.step for one in found), default=first)
        return found
