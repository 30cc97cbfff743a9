"""What is tuned: an entry point of MLproject, the parameters that it declares, the metrics that it logs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow.projects import _project_spec

from steps.errors import WrongValue, did_you_mean
from steps.names import ESTIMATOR_PREFIX
from steps.project.environment import PROJECT

# Settings of the study that go to every child whose entry point declares them.
SHARED = ("data", "target", "drop", "split", "task", "metric", "folds", "test_size", "seed", "threads")


@dataclass(frozen=True)
class EntryPoint:
    """An entry point: its name, and its own parameters with their defaults (None: it has none, the value is required).

    One that `runs_train` takes more than it declares: hyperparameters.
    """

    name: str
    parameters: Mapping[str, str | None]
    runs_train: bool

    def shared(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Pick those of the study's settings that go to every child."""
        return {key: values[key] for key in SHARED if key in values and key in self.parameters}

    def spelled(self, hyperparameter: str) -> str:
        """Return the name under which a child is given a hyperparameter."""
        # One that starts with the prefix itself is meant for an inner estimator, and would lose it.
        ambiguous = hyperparameter in self.parameters or hyperparameter.startswith(ESTIMATOR_PREFIX)
        return f"{ESTIMATOR_PREFIX}{hyperparameter}" if self.runs_train and ambiguous else hyperparameter

    def check(self, hyperparameters: Iterable[str], where: str) -> None:
        """Raise WrongValue, naming them all, where a space's parameters are none that the entry point declares."""
        if self.runs_train:
            return
        problems = [
            f"{where}: {name}: the entry point {self.name!r} declares no such parameter"
            f"{did_you_mean(name, self.parameters)}; allowed: {', '.join(self.parameters) or 'none'}"
            for name in hyperparameters
            if name not in self.parameters
        ]
        if problems:
            raise WrongValue(*problems)

    def required(self, given: Iterable[str]) -> list[str]:
        """List the parameters that have no default and are not given."""
        return [name for name, default in self.parameters.items() if default is None and name not in set(given)]


def find(name: str) -> EntryPoint:
    """Find an entry point in this project's MLproject. Raises WrongValue where there is none of that name."""
    project = _project_spec.load_project(str(PROJECT))
    found: Mapping[str, Any] = project._entry_points
    if name not in found:
        raise WrongValue(
            f"--entry_point {name!r}: MLproject declares no such entry point{did_you_mean(name, found)}; "
            f"allowed: {', '.join(found)}"
        )
    if "steps.tune" in found[name].command:
        raise WrongValue(f"--entry_point {name!r}: is the tuning step itself; name a training step")
    parameters = {key: parameter.default for key, parameter in found[name].parameters.items()}
    return EntryPoint(name, parameters, runs_train="steps.train" in found[name].command)
