"""The parameters of `tune` that say how many trials there are, when they end, and where they run.

They are declared as those of the other steps in `steps.parameters.settings`.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from steps.parameters.declared import parameter
from steps.parameters.kinds import auto_or, devices_each, flag, integer, none_or, number, text

_SIGNS = r"\w .+-"  # of a study's name: none has a meaning in a filter of MLflow's


@dataclass(frozen=True, kw_only=True)
class TrialSettings:
    """How many trials there are, and what ends them and the study."""

    subject: ClassVar[str] = "Trials and stopping"

    study: str = parameter(
        "auto",
        text("auto or a name of letters, digits, blanks and . _ + -", rf"\w[{_SIGNS}]{{0,199}}"),
        "a name under which the study can be resumed; auto: a new study, named after its run",
        "resume.md",
    )
    n_trials: int = parameter(
        50, integer(1), "trials in the study, failed and pruned ones too; a higher number continues a finished study"
    )
    timeout_s: float | None = parameter(
        None,
        none_or(number(0)),
        "seconds from the start of the step to the end of champion and report",
        "resume.md#time-limits",
    )
    patience: int | None = parameter(
        None, none_or(integer(1)), "trials without an improvement after which the study ends"
    )
    target_value: float | None = parameter(None, none_or(number()), "a value of the objective that ends the study")
    trial_timeout_s: float | None = parameter(
        None, none_or(number(0)), "seconds after which a trial is ended, and has failed", "search-settings.md#failures"
    )
    try_first: bool = parameter(
        False,
        flag(),
        "one run goes first and alone: your defaults, else trial 0; the study ends if it fails, or logs no objective",
        "own-script.md#the-first-run-alone",
    )
    retries: int = parameter(
        1,
        integer(0, 100),
        "how often a trial runs again that was killed, or could not reach the tracking server",
        "resume.md#failed-trials",
    )
    max_failures: int = parameter(
        5,
        integer(1),
        "how many failures end the study: in a row and of one kind, until a trial has succeeded; later 80 % of the "
        "last 4 times as many trials",
        "search-settings.md#failures",
    )
    checkpoint_dir: str | None = parameter(
        None,
        none_or(text("the path of a folder")),
        "a folder for checkpoints that all machines of a cluster share; none: one of yours on this machine",
        "search-settings.md#checkpoints",
    )
    keep_checkpoints: bool = parameter(
        False, flag(), "keep the checkpoints of trials that have ended", "search-settings.md#checkpoints"
    )

    @staticmethod
    def study_after(run_name: str) -> str:
        """Return a run's name as one that a study can have, so that it can be searched for, and resumed.

        >>> TrialSettings.study_after("brave-elk-7"), TrialSettings.study_after("Anna's 1/2")
        ('brave-elk-7', 'Anna-s 1-2')
        """
        return re.sub(f"[^{_SIGNS}]", "-", run_name).lstrip(" .+-")[:200] or "study"


@dataclass(frozen=True, kw_only=True)
class PlaceSettings:
    """Where trials run, and how many at a time."""

    subject: ClassVar[str] = "Where it runs"

    jobs: int | Literal["auto"] = parameter(
        "auto",
        auto_or(integer(1, 4096)),
        "trials at a time; auto: with `gpus` as many as there are GPUs for, else the cores that this process may use, "
        "divided by `threads`",
    )
    gpus: float = parameter(
        0, devices_each(), "GPUs of each trial, which no other has; 0.5: two trials share one", "gpu.md"
    )
    devices: str = parameter(
        "auto",
        text("auto, or numbers or ids of GPUs with commas between", r"auto|[\w./-]+(\s*,\s*[\w./-]+)*"),
        "the GPUs that trials may have; auto: all that this process may use",
        "gpu.md#which-gpus",
    )
    places: str | None = parameter(
        None,
        none_or(text("the path of a file")),
        "a file with a line of variables for each trial that runs at a time: what they must not share",
        "gpu.md#other-things-places",
    )
    backend: str = parameter(
        "warm",
        text("warm, local, ray or an installed MLflow project backend"),
        "where a trial executes: in a fork of a process that has imported its packages, in a new interpreter as MLflow "
        "itself starts it, or on a cluster",
        "cluster.md",
    )
    backend_config: str | None = parameter(
        None, none_or(text("the path of a JSON file")), "a file that is handed to that backend", "cluster.md#settings"
    )
