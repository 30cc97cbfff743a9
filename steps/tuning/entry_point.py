"""The entry point that is tuned, one of MLproject's or a script of the project, and the parameters that it declares."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from steps.errors import WrongValue, did_you_mean
from steps.names import CHECKPOINT, ESTIMATOR_PREFIX
from steps.parameters.declared import shown, words
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.parameters.values import encode
from steps.project import mlproject, paths, script_files
from steps.tuning.tuned_project import TunedProject


@dataclass(frozen=True)
class EntryPoint:
    """An entry point: its name, and its own parameters with their defaults; one without a default (None) is required.

    One that `runs_train` takes hyperparameters too, which it does not declare. One that `is_script` is a file that
    MLproject does not declare: it is given every parameter as `--name value`.
    """

    name: str
    parameters: Mapping[str, str | None]
    runs_train: bool
    is_script: bool = False

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

    def word(self, value: object) -> str:
        """Write a hyperparameter's value as a child is given it.

        `train` reads a word as a Python literal if it is one, so a text such as '1' has quotes on the way. A script
        takes its words as they come, so it is given the text alone.
        """
        return value if isinstance(value, str) and not self.runs_train and _fits_a_command(value) else encode(value)

    def check(self, places: Mapping[str, str]) -> None:
        """Raise WrongValue, naming them all, for parameters of a space that the entry point does not declare.

        `places` says where each stands.
        """
        if self.runs_train or self.is_script:
            return
        problems = [
            f"{where}: {name}: the entry point {self.name!r} declares no such parameter"
            f"{did_you_mean(name, self.parameters)}; allowed: {', '.join(self.parameters) or 'none'}"
            for name, where in places.items()
            if name not in self.parameters
        ]
        if problems:
            raise WrongValue(*problems)

    def takes_checkpoint(self, searched: Container[str]) -> bool:
        """Tell whether a child is given a checkpoint folder as a parameter; not if its space has that for itself."""
        return CHECKPOINT in self.parameters and not self.runs_train and CHECKPOINT not in searched

    def required(self, names: Iterable[str]) -> list[str]:
        """List the parameters that have no default and are not among the names."""
        return [name for name, default in self.parameters.items() if default is None and name not in set(names)]


def _fits_a_command(text: str) -> bool:
    """Tell whether a command line can hold a text: it has no NUL and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def find(name: str, project: TunedProject) -> EntryPoint:
    """Find an entry point of a project, or a script by its path; `auto` is the entry point that trains.

    This project's own training step is known by its command. Raises WrongValue if there is none of that name.
    """
    commands = project.commands()
    found = project.training() if name == "auto" else name
    if found not in commands:
        return _script(name, project)
    if mlproject.runs_tune(commands[found]):
        raise WrongValue(f"{option('entry_point', found)}: is the tuning step itself; name a training step")
    declared = project.parameters(found)
    # MLflow keeps a default as YAML reads it, and hands it on as text.
    defaults = {key: None if p.default is None else str(p.default) for key, p in declared.items()}
    return EntryPoint(found, defaults, runs_train=project.is_own and mlproject.runs_train(commands[found]))


def _script(name: str, project: TunedProject) -> EntryPoint:
    """Find a script that MLproject does not declare; its name is its path as seen from the project's folder."""
    root, entry_points = project.folder, list(project.commands())
    is_path = "/" in name or name.endswith(script_files.ENDINGS)
    problem = script_files.problem(name, root) if is_path else f"{project.file} declares no such entry point"
    if problem is not None:
        near = script_files.nearest(name, root, entry_points)
        stands = paths.users_folder()
        if project.is_own and is_path and not stands.is_relative_to(root):  # a script there would do
            problem += f", nor in {stands}"
            near = script_files.nearest(name, stands, ()) or near
        allowed = ", or ".join([*([", ".join(entry_points)] if entry_points else []), script_files.ALLOWED])
        raise WrongValue(f"{option('entry_point', name)}: {problem}{near}; allowed: {allowed}")
    return EntryPoint(script_files.relative(name, root), {}, runs_train=False, is_script=True)
