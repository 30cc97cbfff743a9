"""What a process imports and calls before it forks children, on this machine and on the nodes of a cluster.

The forked children share the result, so none of them spends time on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from steps import spaces
from steps.names import NO_TRIALS, Role, Tag
from steps.parameters.tune_settings import TuneSettings
from steps.project import mlproject

# What a child of `train` imports. Not `steps.train` itself, which it executes.
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


def modules(settings: TuneSettings) -> Sequence[str]:
    """Return what to import; nothing for children of another project, which have a launcher of their own."""
    return MODULES if settings.tunes_this_project else ()


def calls(settings: TuneSettings) -> Calls:
    """Return the calls, (`module:function`, keyword arguments), that do what each child would do in the same way."""
    if not settings.tunes_this_project:
        return ()
    common: list[tuple[str, Mapping[str, Any]]] = [
        ("steps.patches.mlflow:resend_broken_answers", {}),
        ("steps.project.environment:differences", {}),
        ("steps.project.environment:digest", {}),
    ]
    if _reads_data(settings):
        estimators = spaces.estimators(settings.space)
        arguments = {"settings": asdict(settings.for_training()), "estimators": estimators}
        common.append(("steps.training.run_plan:prepare", arguments))
    return common


def first_write(settings: TuneSettings, run_id: str) -> Calls:
    """Return the call that follows the others and writes a first record to the study's run.

    A process's first write is slow (0.3 s through a SQL store), so this one is of the kind that each child makes. What
    it writes is true of the study: its role, and that no trial has ended.
    """
    if not settings.tunes_this_project or settings.dry_run:
        return ()
    opening = {"run_id": run_id, "metrics": NO_TRIALS, "tags": {Tag.ROLE: Role.STUDY}}
    module = "steps.training.run_plan" if _reads_data(settings) else "steps.tracking.write"
    return [(f"{module}:warm_up", opening)]


def _reads_data(settings: TuneSettings) -> bool:
    """Tell whether the children are runs of `steps.train`; then the study's data is read once, for all of them."""
    name = "train" if settings.entry_point == "auto" else settings.entry_point
    return settings.tunes_this_project and mlproject.runs_train(mlproject.commands().get(name, ""))
