"""What a process does before it forks children, so that they need not: here, and on the nodes of a cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

from steps import spaces
from steps.names import NO_TRIALS, Role, Tag

# What a child of `train` imports, but for `steps.train` itself, which it executes.
MODULES = (
    "steps.tracking.sqlite_uri",
    "steps.process.signals",
    "steps.parameters.declared",
    "steps.process.threads",
    "steps.training.run",
    "sklearn.datasets",
    "sklearn.ensemble",
)
# The entry points whose children all read the study's data: it is read once, for all of them.
_TRAIN = ("train", "main")
Calls = Sequence[tuple[str, Mapping[str, Any]]]


def calls(values: Mapping[str, Any]) -> Calls:
    """Return the calls, (`module:function`, its keyword arguments), that make what all children have in common."""
    found: list[tuple[str, Mapping[str, Any]]] = [
        ("steps.patches.mlflow:resend_broken_answers", {}),
        ("steps.project.environment:differences", {}),
        ("steps.project.environment:digest", {}),
    ]
    if values["entry_point"] in _TRAIN:
        estimators = spaces.estimators(values["space"])
        found.append(("steps.training.run_plan:prepare", {"settings": dict(values), "estimators": estimators}))
    return found


def first_write(values: Mapping[str, Any], run_id: str) -> Calls:
    """Return the call, to follow the others, that writes the study's opening record.

    It is true, and a write of the kind that each child does: the first one of a process is slow.
    """
    opening = {"run_id": run_id, "metrics": NO_TRIALS, "tags": {Tag.ROLE: Role.STUDY}}
    return [
        (
            "steps.training.run_plan:warm_up" if values["entry_point"] in _TRAIN else "steps.tracking.write:warm_up",
            opening,
        )
    ]
