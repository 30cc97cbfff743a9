"""What is wrong with a command of a text: scripts, entry points, options, parameters and values that are not there.

MLflow's commands take a second or two to import: only the worker that has these tests does it.
"""

from pathlib import Path
from typing import Any

import click
import yaml

from steps.errors import StepError
from steps.names import ESTIMATOR_PREFIX
from steps.parameters import command_line
from steps.parameters.settings import ReproduceSettings, SpaceSettings, TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT
from steps.tuning import space

SETTINGS: dict[str, type[Any]] = {"tune": TuneSettings, "reproduce": ReproduceSettings, "space": SpaceSettings}


def problems(words: list[str], folder: Path) -> list[str]:
    """Return what is wrong with a command that is given in a folder that looks like this project."""
    program, *rest = words
    if program == "scripts/run":
        rest = rest[1:] if rest[:1] == ["--ray"] else rest
        if not rest:
            return ["scripts/run: needs an entry point"]
        if "--help" in rest:
            return [] if rest[0] in ("--help", *SETTINGS, "train", "main") else [f"{rest[0]}: no entry point"]
        return _run([".", "-e", rest[0], "--env-manager", "local", *rest[1:]], folder)
    if program == "mlflow" or program.endswith("/bin/mlflow"):
        return _run(rest[1:], folder) if rest[:1] == ["run"] else _mlflow(rest)
    if program.startswith("scripts/"):
        return _script(program, rest)
    return []


def _script(program: str, rest: list[str]) -> list[str]:
    if not (PROJECT / program).is_file():
        return [f"{program}: there is no such script"]
    if program == "scripts/bench" and not (PROJECT / "scripts" / "benchmarks" / f"{rest[0]}.py").is_file():
        return [f"{program} {rest[0]}: there is no such measurement"]
    return []


def _mlflow(rest: list[str]) -> list[str]:
    from mlflow import cli

    return [] if rest[:1] and rest[0] in cli.cli.commands else [f"mlflow {' '.join(rest)}: no such command"]


def _run(rest: list[str], folder: Path) -> list[str]:
    """Check `mlflow run` by its own options, and the parameters as the step reads them."""
    from mlflow import cli

    try:
        given = cli.run.make_context("mlflow run", list(rest)).params
    except click.ClickException as error:
        return [error.format_message()]
    entry_point = given["entry_point"]
    pairs = [word.partition("=") for word in given["param_list"]]
    words = [f"--{name}={value}" for name, _, value in pairs]
    try:
        if entry_point in ("main", "train"):
            command_line.read_open(words, TrainSettings, ESTIMATOR_PREFIX)
            return []
        if entry_point not in SETTINGS:
            return [f"-e {entry_point}: no entry point of MLproject"]
        settings = command_line.read(words, SETTINGS[entry_point])
        return [*_tuned(settings, folder), *(_space(settings, folder) if entry_point == "tune" else [])]
    except StepError as error:
        return str(error).splitlines()


def _tuned(settings: Any, folder: Path) -> list[str]:
    """Check the project and the entry point that a study names, or a space is printed for."""
    project = getattr(settings, "project", "auto").replace("auto", ".")
    if "://" in project or not hasattr(settings, "entry_point"):
        return []
    declared = folder / project / "MLproject"
    if not declared.is_file():
        return [f"project={project}: there is no MLproject in it"]
    entry_points = yaml.safe_load(declared.read_text()).get("entry_points", {})
    name = settings.entry_point
    if name == "auto" or name in entry_points or (folder / project / name).is_file():
        return []
    return [f"entry_point={name}: neither an entry point nor a file of the project"]


def _space(settings: TuneSettings, folder: Path) -> list[str]:
    """Check the space; a file that a stand-in was to write is empty."""
    path = folder / settings.space
    if "=" not in settings.space and path.is_file():
        if not path.stat().st_size:
            return []
        space.load(str(path))
    else:
        space.load(settings.space)
    return []
