"""The parameters of `tune` that say what is tuned: the data and what else each trial is given, the space, the project.

They are declared as those of the other steps in `steps.parameters.settings`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from steps.parameters.declared import parameter, parameters, shown
from steps.parameters.kinds import auto_or, none_or, one_of, text
from steps.parameters.settings import SharedSettings

ENV_MANAGERS = ("auto", "conda", "uv", "virtualenv", "local")
_SHARED = {p.name: p for p in parameters(SharedSettings)}


def _of_study(name: str) -> Any:
    """Declare a shared setting of a study: `auto` leaves it to what a trial runs, and so is told from any value."""
    own = _SHARED[name]
    if own.default == "auto":
        return parameter("auto", own.kind, own.help, own.see)
    default = f"{own.help}; auto: {shown(own.default)}, or the entry point's own"
    return parameter("auto", auto_or(own.kind), default, own.see)


@dataclass(frozen=True, kw_only=True)
class GivenSettings:
    """What goes to every trial, as far as its entry point declares it. What is not `auto` was given."""

    subject: ClassVar[str] = "Data and scores"

    data: str = _of_study("data")
    target: str = _of_study("target")
    drop: str | None = _of_study("drop")
    weight: str | None = _of_study("weight")
    split: str = _of_study("split")
    task: str = _of_study("task")
    metric: str = _of_study("metric")
    positive: str = _of_study("positive")
    early_stopping: int | Literal["auto"] | None = _of_study("early_stopping")
    folds: int | Literal["auto"] = _of_study("folds")
    repeats: int | Literal["auto"] = _of_study("repeats")
    test_size: float | Literal["auto"] = _of_study("test_size")
    seed: int | Literal["auto"] = _of_study("seed")
    threads: int | Literal["auto"] = _of_study("threads")


@dataclass(frozen=True, kw_only=True)
class TunedSettings:
    """What is searched, and what a trial runs."""

    subject: ClassVar[str] = "What is tuned"

    space: str = parameter(
        "random_forest",
        text("a name in steps/spaces, the path of a YAML file, or name=value with blanks between", r"(?s)\s*\S.*"),
        "the search space: one that is shipped, by name; a YAML file, by path; or itself: "
        "`lr=log(1e-4,1e-1) layers=1..4`",
        "spaces.md",
    )
    entry_point: str = parameter(
        "auto",
        # MLflow takes braces for the names of parameters, and an interpreter a dash for an option.
        text("auto, an entry point of MLproject, or the path of a .py or .sh file", r"[^\s{}-]([^{}]*[^\s{}])?"),
        "what a trial runs: an entry point, or a script by its path; auto: train, of another project main, else its "
        "only one",
        "own-script.md",
    )
    project: str = parameter(
        "auto",
        text("auto, a folder or a Git URL, with #subfolder or without"),
        "the MLflow project that is tuned; auto: this one, or the folder that has the script in `entry_point`",
        "projects.md",
    )
    version: str | None = parameter(
        None, none_or(text("a branch, a tag or a full commit", r"[^-\s]\S*")), "of that project, if it is in git"
    )
    env_manager: str = parameter(
        "auto",
        one_of(*ENV_MANAGERS),
        "what makes that project's environment; local: it is this one; auto: conda for a conda.yaml if it is "
        "installed, else uv, else virtualenv",
        "projects.md",
    )
