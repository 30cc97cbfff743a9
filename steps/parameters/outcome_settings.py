"""The parameters of `tune` that say what comes out of a study.

They are declared as those of the other steps in `steps.parameters.settings`.
"""

from dataclasses import dataclass
from typing import ClassVar

from steps.parameters.declared import parameter
from steps.parameters.kinds import flag, none_or, text


@dataclass(frozen=True, kw_only=True)
class OutcomeSettings:
    """What comes out of a study."""

    subject: ClassVar[str] = "What comes out"

    champion: bool = parameter(
        True,
        flag(),
        "run the best trial, or the defaults (see `baseline`), once more at the end: refitted, held-out rows scored, "
        "model logged",
        "champion-and-registry.md",
    )
    register: str | None = parameter(
        None,
        none_or(text("the name of a registered model")),
        "a name under which the champion's model is registered",
        "champion-and-registry.md#the-registry",
    )
    report: bool = parameter(
        True, flag(), "a page about the study, and files beside it, on its run", "what-is-in-mlflow.md#the-report"
    )
    dry_run: bool = parameter(
        False,
        flag(),
        "show the space, the places of trials with their devices, the first trials and the command of one; launch "
        "nothing",
    )
    require_clean: bool = parameter(
        False,
        flag(),
        "refuse a project whose git working tree is not exactly as committed",
        "what-is-in-mlflow.md#code-environment-and-data",
    )
