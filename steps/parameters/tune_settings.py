"""The parameters of `tune`: declared as those of the other steps in `steps.parameters.settings`. Add one here."""

from dataclasses import dataclass
from typing import Any, Literal

from steps.parameters import fidelity_settings
from steps.parameters.declared import parameter, parameters, shown
from steps.parameters.kinds import auto_or, devices_each, flag, integer, none_or, number, one_of, text
from steps.parameters.pruner_settings import pruner
from steps.parameters.settings import SHARED, SharedSettings, TrainSettings

SAMPLERS = ("tpe", "random", "qmc", "grid", "cmaes", "gp")
ENV_MANAGERS = ("auto", "conda", "uv", "virtualenv", "local")
_SHARED = {p.name: p for p in parameters(SharedSettings)}


def _of_study(name: str) -> Any:
    """Declare a shared setting of a study: `auto` leaves it to what a trial runs, and so is told from any value."""
    own = _SHARED[name]
    if own.default == "auto":
        return parameter("auto", own.kind, own.help)
    return parameter("auto", auto_or(own.kind), f"{own.help}; auto: {shown(own.default)}, or the entry point's own")


@dataclass(frozen=True, kw_only=True)
class TuneSettings:
    """The parameters of `tune`. A shared setting that is not `auto` was given, on the command line or by the record."""

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
    space: str = parameter(
        "random_forest",
        text("a name in steps/spaces, the path of a YAML file, or name=value with blanks between", r"(?s)\s*\S.*"),
        "the search space: a file in steps/spaces/ by name, a YAML file by path, or lr=log(1e-4,1e-1) layers=1..4",
    )
    project: str = parameter(
        ".", text("a folder or a Git URL, with #subfolder or without"), "the MLflow project that is tuned; .: this one"
    )
    version: str | None = parameter(
        None, none_or(text("a branch, a tag or a full commit", r"[^-\s]\S*")), "of that project, if it is in git"
    )
    env_manager: str = parameter(
        "auto", one_of(*ENV_MANAGERS), "makes that project's environment; auto: conda or uv; local: this environment"
    )
    entry_point: str = parameter(
        "auto",
        # MLflow takes braces for the names of parameters, and an interpreter a dash for an option.
        text("auto, an entry point of MLproject, or the path of a .py or .sh file", r"[^\s{}-]([^{}]*[^\s{}])?"),
        "what a trial runs: an entry point, or a script by its path; auto: train, of another project main",
    )
    objective: str = parameter(
        "auto", text("auto, or a metric's name, or two"), "auto: cv_<metric>; loss:best: the best step, not the last"
    )
    constraint: str | None = parameter(
        None,
        none_or(text("metrics with bounds and commas between, such as fit_time_s<=0.1,peak_memory_mb<=500")),
        "what a trial must keep to be the best: bounds on metrics that it logs",
    )
    direction: str = parameter(
        "auto", text("auto, maximize or minimize, for each objective"), "auto: scores are maximized"
    )
    study: str = parameter(
        "auto",
        text("auto or a name of letters, digits, blanks and . _ + -", r"\w[\w .+-]{0,199}"),
        "a name under which it can be resumed; auto: a new study, named after its run",
    )
    n_trials: int = parameter(50, integer(1), "trials in the study, failed and pruned ones too")
    timeout_s: float | None = parameter(
        None, none_or(number(0)), "seconds from the start of the step to the end of champion and report"
    )
    patience: int | None = parameter(None, none_or(integer(1)), "trials without an improvement that end the study")
    target_value: float | None = parameter(None, none_or(number()), "value of the objective that ends the study")
    trial_timeout_s: float | None = parameter(
        None, none_or(number(0)), "seconds after which a trial is ended, and has failed"
    )
    retries: int = parameter(1, integer(0, 100), "times that a trial is run again whose failure may pass")
    max_failures: int = parameter(
        5,
        integer(1),
        "failures that end the study: in a row at its start, later 80 % of the last 4 times as many trials",
    )
    checkpoint_dir: str | None = parameter(
        None,
        none_or(text("the path of a folder")),
        "for the folders that trials keep checkpoints in; none: of this user",
    )
    keep_checkpoints: bool = parameter(False, flag(), "keep the checkpoints of trials that have ended")
    jobs: int | Literal["auto"] = parameter(
        "auto", auto_or(integer(1, 4096)), "trials at a time; auto: the cores this process may use, or its GPUs"
    )
    gpus: float = parameter(0, devices_each(), "GPUs of each trial; 0.5: two trials share one")
    devices: str = parameter(
        "auto",
        text("auto, or numbers or ids of GPUs with commas between", r"auto|[\w./-]+(\s*,\s*[\w./-]+)*"),
        "the GPUs that trials may have; auto: all that this process may use",
    )
    places: str | None = parameter(
        None, none_or(text("the path of a file")), "a file with a line of variables for each trial that runs at a time"
    )
    window: int = parameter(4, integer(1, 4096), "trials in flight that the sampler does not wait for")
    sampler: str = parameter("tpe", one_of(*SAMPLERS), "how the next trial is chosen")
    pruner: str | None = parameter(
        None, none_or(pruner()), "which trials are ended early, such as median, percentile:25, hyperband:min=1,max=81"
    )
    fidelity: str | None = parameter(
        None,
        none_or(text(fidelity_settings.FORM, fidelity_settings.PATTERN)),
        "a budget of which a trial gets a part first; the best get more, see n_trials",
    )
    reshuffle: bool = parameter(False, flag(), "each trial has folds of its own, drawn by its number")
    warm_start: str | None = parameter(
        None,
        none_or(text("run ids with commas between, or an experiment's name")),
        "finished runs that the search knows from the start",
    )
    baseline: bool = parameter(True, flag(), "run the defaults beside the trials; the champion, if no trial is better")
    try_first: bool = parameter(
        False, flag(), "one run alone first, the defaults if there are any; if it fails, the study ends"
    )
    champion: bool = parameter(True, flag(), "run the best once more: refitted, held-out rows scored, model logged")
    confirm: int = parameter(
        0, integer(0, 100), "best trials that are scored on fresh folds, with the defaults, before one is the champion"
    )
    pick: str | None = parameter(
        None, none_or(text("one of two objectives")), "of two objectives, whose best is the champion"
    )
    register: str | None = parameter(
        None, none_or(text("the name of a registered model")), "registers the champion's model"
    )
    report: bool = parameter(True, flag(), "a page about the study on its run, and files beside it")
    dry_run: bool = parameter(False, flag(), "say what would be done, and launch nothing")
    require_clean: bool = parameter(False, flag(), "refuse a git work tree that is not as it was committed")
    backend: str = parameter(
        "warm", text("warm, local, ray or an installed MLflow project backend"), "where a trial executes"
    )
    backend_config: str | None = parameter(None, none_or(text("the path of a JSON file")), "handed to that backend")

    @property
    def is_named(self) -> bool:
        """Tell whether the study has a name, under which it can be resumed."""
        return self.study != "auto"

    @property
    def tunes_this_project(self) -> bool:
        """Tell whether the entry point is one of this project's, and not of another one."""
        return self.project == "."

    @property
    def given(self) -> dict[str, Any]:
        """Return the shared settings that were given, by name."""
        return {name: value for name in SHARED if (value := getattr(self, name)) != "auto"}

    @property
    def shared(self) -> SharedSettings:
        """Return the shared settings as `train` and the study itself take them: not given, by their defaults."""
        return SharedSettings(**self.given)

    def for_training(self) -> TrainSettings:
        """Return what each trial of `train` is given, beside its hyperparameters."""
        return TrainSettings(**self.given)
