"""The entry point of MLproject that is tuned, and the parameters that it declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlflow.projects.utils import load_project  # not documented; how `mlflow.run` itself reads MLproject

from steps.errors import WrongValue, did_you_mean
from steps.names import ESTIMATOR_PREFIX
from steps.parameters.declared import shown, words
from steps.parameters.settings import TuneSettings
from steps.project import mlproject
from steps.project.environment import PROJECT


@dataclass(frozen=True)
class EntryPoint:
    """An entry point: its name, and its own parameters with their defaults; one without a default (None) is required.

    An entry point that `runs_train` takes hyperparameters too, which it does not declare.
    """

    name: str
    parameters: Mapping[str, str | None]
    runs_train: bool

    def shared(self, settings: TuneSettings) -> dict[str, str]:
        """Return the settings of the study that go to every child, as `mlflow.run` takes them.

        `train` gets all of them. Another entry point has defaults of its own, so it gets those that were given.
        """
        given = {key: shown(value) for key, value in settings.given.items()}
        every = words(settings.shared) if self.runs_train else given
        return {key: word for key, word in every.items() if key in self.parameters}

    def common(self, settings: TuneSettings) -> dict[str, str]:
        """Return what every trial is given: the shared settings, and `refit`, which is for the champion alone."""
        refits = self.runs_train or "refit" in self.parameters
        return {**self.shared(settings), **({"refit": "false"} if refits else {})}

    def spelled(self, hyperparameter: str) -> str:
        """Return the name under which a child is given a hyperparameter."""
        # `train` takes one prefix off, so a name that starts with it (an inner estimator's) gets another.
        ambiguous = hyperparameter in self.parameters or hyperparameter.startswith(ESTIMATOR_PREFIX)
        return f"{ESTIMATOR_PREFIX}{hyperparameter}" if self.runs_train and ambiguous else hyperparameter

    def check(self, hyperparameters: Iterable[str], where: str) -> None:
        """Raise WrongValue, naming them all, for parameters of a space that the entry point does not declare."""
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

    def required(self, names: Iterable[str]) -> list[str]:
        """List the parameters that have no default and are not among the names."""
        return [name for name, default in self.parameters.items() if default is None and name not in set(names)]


def find(name: str) -> EntryPoint:
    """Find an entry point in this project's MLproject. Raises WrongValue if there is none of that name."""
    commands = mlproject.commands()
    if name not in commands:
        raise WrongValue(
            f"--entry_point {name!r}: MLproject declares no such entry point{did_you_mean(name, commands)}; "
            f"allowed: {', '.join(commands)}"
        )
    if mlproject.runs_tune(commands[name]):
        raise WrongValue(f"--entry_point {name!r}: is the tuning step itself; name a training step")
    declared = load_project(str(PROJECT)).get_entry_point(name).parameters
    # MLflow keeps a default as YAML reads it, and hands it on as text.
    defaults = {key: None if p.default is None else str(p.default) for key, p in declared.items()}
    return EntryPoint(name, defaults, runs_train=mlproject.runs_train(commands[name]))
