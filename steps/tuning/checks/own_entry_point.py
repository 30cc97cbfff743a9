"""Check before a trial that an entry point can be run with what its trials are given: all problems at once."""

import os
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# MLflow's own and not documented: what it takes for a URI, and for a path of this machine, decides what can start.
from mlflow.utils.data_utils import is_uri
from mlflow.utils.file_utils import get_local_path_or_none

from steps import backends
from steps.errors import WrongValue, did_you_mean
from steps.names import CHECKPOINT, Variable
from steps.parameters.declared import shown
from steps.parameters.option import option
from steps.parameters.settings import SHARED, SharedSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project import downloads
from steps.tuning.checks import budget, script_server
from steps.tuning.entry_point import EntryPoint
from steps.tuning.space import Space
from steps.tuning.space.parameter import FixedParameter
from steps.tuning.space.search_space import ESTIMATOR

# Shared settings that a study uses itself, whatever its trials are given.
OF_THE_STUDY = ("task", "seed", "threads")


@dataclass(frozen=True)
class _Trials:
    """What the trials of a study are: their entry point, as we and as MLflow read it, and what each of them is given.

    `settings` are as they were given, nothing in them resolved; `where` names the space in messages.
    """

    entry: EntryPoint
    declared: Any  # mlflow.projects._project_spec.EntryPoint
    settings: TuneSettings
    space: Space
    where: str

    @property
    def given(self) -> Mapping[str, object]:
        """Return the settings that were given to an entry point that has its own."""
        return {} if self.entry.runs_train else self.settings.given

    @property
    def always(self) -> set[str]:
        """Return the parameters that have a value in every trial, whatever their defaults."""
        of_the_space = [
            {name for name, own in entries.items() if isinstance(own, FixedParameter) or not {*own.when} - {ESTIMATOR}}
            for entries in self.space.entries.values()
        ]
        chosen = () if None in self.space.entries else (ESTIMATOR,)
        place = ("device", CHECKPOINT)  # given where they are required
        part = filter(None, [budget.name_of(self.settings)])
        return {*self.entry.common(self.settings), *set.intersection(*of_the_space), *chosen, *place, *part}


def check(
    root: Path, project: Any, entry: EntryPoint, settings: TuneSettings, space: Space, where: str, tracking_uri: str
) -> None:
    """Raise WrongValue if trials of an entry point could not start, or would be for nothing.

    `project` is the MLflow project in the folder `root`, as MLflow has loaded it. `settings` are as they were given,
    nothing in them resolved; `where` names the space in messages.
    """
    trials = _Trials(entry, project.get_entry_point(entry.name), settings, space, where)
    command = trials.declared.command
    if not command:
        raise WrongValue(f"{option('entry_point', entry.name)}: has no command in MLproject; give it one")
    problems = [
        *_undeclared(trials),
        *_without_value(trials),
        *(_braces(trials) or _unused(trials)),
        *_paths(trials, root if settings.backend in backends.OURS else Path.cwd()),
        *script_server.problems(root, command, tracking_uri),
    ]
    if not problems and settings.backend in backends.OURS:  # others have each run download it
        problems = list(_downloads(trials))
    if problems:
        raise WrongValue(*problems)


def _undeclared(trials: _Trials) -> Iterator[str]:
    usual = vars(SharedSettings())  # as a study of an earlier version has it on record, whether it was given or not
    for name, value in trials.given.items():
        if name not in (*trials.entry.parameters, *OF_THE_STUDY) and value != usual[name]:
            if trials.entry.is_script:
                why = f"a script is given what the space names; put {name}={shown(value)} into {option('space')}"
            else:
                why = f"the entry point {trials.entry.name!r} declares no such parameter; declare it in MLproject"
            yield f"{option(name, shown(value))}: no trial would get it: {why}, or leave it out"


def _without_value(trials: _Trials) -> Iterator[str]:
    for name in trials.entry.required(trials.always):
        by_option = f", or {option(name)}," if name in SHARED else ""
        yield (
            f"{option('entry_point', trials.entry.name)}: its parameter {name!r} has no default in MLproject, and not "
            f"every trial has a value for it; have the space{by_option} give it one, or declare a default"
        )


def _braces(trials: _Trials) -> list[str]:
    """Return a line for what `str.format`, by which MLflow fills in a command, would trip over."""
    command, parameters = trials.declared.command, trials.entry.parameters
    where = f"{option('entry_point', trials.entry.name)}: its command"
    escape = "MLflow puts a value in place of each {name}: write {{ and }} for braces that the command is to have"
    try:
        unknown = [name for name in _fields(command) if name not in parameters]
        if not unknown:
            command.format(**dict.fromkeys(parameters, ""))
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        return [f"{where} can't be filled in ({error}); {escape}"]
    return [
        f"{where} has {{{' '.join(name.split())}}}, which is not one of its parameters"
        f"{did_you_mean(name, parameters) if name.isidentifier() else ''}; {escape}"
        for name in dict.fromkeys(unknown)
    ]


def _fields(command: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(command) if name is not None]


def _unused(trials: _Trials) -> Iterator[str]:
    """Yield a line for each parameter that the command leaves out: MLflow drops it."""
    named = {name: f"{trials.where}: {name}" for entries in trials.space.entries.values() for name in entries}
    if None not in trials.space.entries:
        named[ESTIMATOR] = f"{trials.where}: {ESTIMATOR}"
    named |= {name: option(name, shown(value)) for name, value in trials.given.items() if name not in OF_THE_STUDY}
    if (part := budget.name_of(trials.settings)) is not None:
        named[part] = option("fidelity", trials.settings.fidelity)
    command = trials.declared.command
    used = _fields(command)
    for name, where in named.items():
        if name in trials.entry.parameters and name not in used:
            yield (
                f"{where}: the command of {trials.entry.name!r} never uses it, so no trial would get it; put "
                f"{{{name}}} into {command!r}"
            )


def _paths(trials: _Trials, folder: Path) -> Iterator[str]:
    """Yield a line for each value that is no path, or no URI, where one is declared.

    MLflow looks for a relative path in the folder of the process that launches the run, this one's. So do our own
    backends, and then in the project's, which is `folder`.
    """
    for name, parameter in trials.declared.parameters.items():
        what = f"the parameter {name!r} of {trials.entry.name!r} is a {parameter.type}"
        for where, word in _values(name, trials) if parameter.type in ("path", "uri") else ():
            if parameter.type == "uri" and not is_uri(word):
                yield f"{where}: {what}, such as https://… or file:///…, got {word!r}"
            path = get_local_path_or_none(word) if parameter.type == "path" else None
            if path is not None and not (Path(path).exists() or (folder / path).exists()):
                there = "" if Path(path).is_absolute() else f" in {folder}; give an absolute path"
                yield f"{where}: {what}, and there is no file or folder {word!r}{there}"


def _downloads(trials: _Trials) -> Iterator[str]:
    """Yield a line for each remote file that can't be had; what can is there for the trials."""
    for name, parameter in trials.declared.parameters.items():
        for where, word in _values(name, trials) if parameter.type == "path" else ():
            if get_local_path_or_none(word) is None:
                try:
                    downloads.local_copy(word, Path(os.environ[Variable.FILES]))
                except WrongValue as error:
                    yield f"{where}: the parameter {name!r} of {trials.entry.name!r} is a path, and {error}"


def _values(name: str, trials: _Trials) -> Iterator[tuple[str, str]]:
    """Yield where each value of a parameter stands, and the value as trials, or the baseline, get it."""
    common = trials.entry.common(trials.settings)
    if name in common:
        yield option(name, common[name]), common[name]
        return
    if name == CHECKPOINT and trials.entry.takes_checkpoint(trials.space.names):
        return  # a folder that is made for it
    for entries in trials.space.entries.values():
        for choice in entries[name].choices if name in entries else ():
            yield f"{trials.where}: {name}", trials.entry.word(choice)
    default = trials.entry.parameters[name]
    if default is not None and (name not in trials.always or trials.settings.baseline):
        yield f"{option('entry_point', trials.entry.name)}: default", default
