"""What a child of `train` has left behind, and what a study does with that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

from steps.backends import log_file
from steps.tracking import read, write
from steps.tuning.search.objective import Objective
from steps.tuning.trials.attempts import Attempts

NO_COSTS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Taken:
    """The objectives that an ended child has logged, by name; why it failed, if so; the name that its run has by now.

    The name is only read of somebody's own entry point, which may give its run another. `unlogged` are metrics that its
    run is to have beside those that it has logged. `best_step` has the step that counts of each objective, then of
    each constraint, `name:best`, with commas between. One that `is_described` has written a description of its own.
    """

    values: Mapping[str, float]
    reason: str | None
    run_name: str | None = None
    unlogged: Sequence[Metric] = ()
    best_step: str = ""
    is_described: bool = False

    @property
    def not_finite(self) -> str | None:
        """Name the first objective that is no finite number, if there is one."""
        wrong = [(name, value) for name, value in self.values.items() if not read.is_finite(value)]
        return next((f"{name} is {value:.6g}, not a finite number" for name, value in wrong), None)


@dataclass
class ChildResults:
    """Reads what the children of one study have left: these are runs of `train`, which does nothing unexpected.

    It logs each of its scores once, so the last value of an objective is all of it, and each attempt begins anew.
    """

    objectives: Sequence[Objective]
    experiment_id: str
    # Environment variables for a child that MLflow launches by itself.
    variables: Mapping[str, str] = field(default_factory=dict)
    attempts: Attempts = field(default_factory=Attempts)

    def launched(self, output: Path) -> dict[str, str]:
        """Return tags for a child whose output will be in a file of this machine."""
        return {}

    def history(self, run_id: str, metric: str, *, ended: bool) -> list[Any]:
        """Return all that a child has logged of a metric so far, or until it `ended`."""
        return list(MlflowClient().get_metric_history(run_id, metric))

    def take(self, run_id: str, failure: str | None, *, pruned: bool, costs: Mapping[str, float] = NO_COSTS) -> Taken:
        """Read an ended child's objectives, and say how it failed; `failure` is what its process says.

        `costs` is what it took, which may be an objective too.
        """
        values = {}
        for name in [objective.name for objective in self.objectives] if not pruned else ():
            # To read one metric costs a sixth of reading the run.
            if name in costs:
                values[name] = costs[name]
            elif history := self.history(run_id, name, ended=True):
                values[name] = max(history, key=lambda m: (m.step, m.timestamp)).value
            elif failure is None:
                failure = f"ended well, but logged no {name}"
        return Taken(values, failure, unlogged=[write.metric(*pair) for pair in costs.items()])

    def keep(self, run_id: str, output: Path | None, *, failed: bool) -> dict[str, str]:
        """Keep a settled child's output, if it is of use, and return tags that go with it."""
        if failed:
            log_file.keep(output, run_id)
        return {}

    def end_inner(self, run_id: str) -> None:
        """End the runs that a child has left RUNNING: `train` starts none."""
