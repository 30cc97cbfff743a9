"""What a process does before it forks children, so that they need not: here, and on the nodes of a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from steps import spaces
from steps.names import NO_TRIALS, Role, Tag
from steps.parameters.settings import TuneSettings
from steps.project import mlproject

# What a child of `train` imports, but for `steps.train` itself, which it executes.
MODULES = (
    "steps.tracking.sqlite_uri",
    "steps.process.signals",
    "steps.parameters.command_line",
    "steps.process.threads",
    "steps.training.run",
    "sklearn.datasets",
    "sklearn.ensemble",
)
Calls = Sequence[tuple[str, Mapping[str, Any]]]


def calls(settings: TuneSettings) -> Calls:
    """Return the calls, (`module:function`, its keyword arguments), that make what all children have in common."""
    wanted: list[tuple[str, Mapping[str, Any]]] = [
        ("steps.patches.mlflow:resend_broken_answers", {}),
        ("steps.project.environment:differences", {}),
        ("steps.project.environment:digest", {}),
    ]
    if _reads_data(settings):
        estimators = spaces.estimators(settings.space)
        shared = {"settings": asdict(settings.for_training()), "estimators": estimators}
        wanted.append(("steps.training.run_plan:prepare", shared))
    return wanted


def first_write(settings: TuneSettings, run_id: str) -> Calls:
    """Return the call, to follow the others, that writes the study's opening record.

    It is true, and a write of the kind that each child does: the first one of a process is slow.
    """
    opening = {"run_id": run_id, "metrics": NO_TRIALS, "tags": {Tag.ROLE: Role.STUDY}}
    module = "steps.training.run_plan" if _reads_data(settings) else "steps.tracking.write"
    return [(f"{module}:warm_up", opening)]


def _reads_data(settings: TuneSettings) -> bool:
    """Tell whether the children read the study's data, as `steps.train` does: then it is read once, for all of them."""
    return mlproject.runs_train(mlproject.commands().get(settings.entry_point, ""))
