"""The parameters of `tune` that say how the next trial is chosen, and by what trials are judged.

They are declared as those of the other steps in `steps.parameters.settings`.
"""

from dataclasses import dataclass
from typing import ClassVar

from steps.parameters import fidelity_settings
from steps.parameters.declared import parameter
from steps.parameters.kinds import flag, integer, none_or, one_of, text
from steps.parameters.pruner_settings import pruner

SAMPLERS = ("tpe", "random", "qmc", "grid", "cmaes", "gp")


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How the next trial is chosen, and which ones are ended early."""

    subject: ClassVar[str] = "Search"

    sampler: str = parameter(
        "tpe",
        one_of(*SAMPLERS),
        "how the next trial is chosen; grid ends when it is exhausted, gp needs torch",
        "search-settings.md#sampler-and-window",
    )
    window: int = parameter(
        4,
        integer(1, 4096),
        "how many trials the search may run ahead of the scores it knows; no more are in flight",
        "search-settings.md#sampler-and-window",
    )
    pruner: str | None = parameter(
        None,
        none_or(pruner()),
        "ends trials that fall behind at a fold, or at a step of the objective; settings follow a colon: "
        "`median:startup=10,warmup=5`",
        "search-settings.md#pruners",
    )
    fidelity: str | None = parameter(
        None,
        none_or(text(fidelity_settings.FORM, fidelity_settings.PATTERN)),
        "a parameter that is a budget: trials begin with its least, and the best third of each rung is run again with "
        "three times as much (or another factor)",
        "search-settings.md#fidelity",
    )
    warm_start: str | None = parameter(
        None,
        none_or(text("run ids with commas between, or an experiment's name")),
        "finished runs that the search knows from the start",
        "resume.md#start-from-earlier-runs",
    )


@dataclass(frozen=True, kw_only=True)
class JudgingSettings:
    """By what trials are judged."""

    subject: ClassVar[str] = "Judging"

    objective: str = parameter(
        "auto",
        text("auto, or a metric's name, or two"),
        "the metric that a trial logs; two with a comma between: their Pareto front; `loss:best`: its best step, not "
        "its last; auto: `cv_<metric>`",
        "search-settings.md#the-best-step-not-the-last",
    )
    direction: str = parameter(
        "auto",
        text("auto, maximize or minimize, for each objective"),
        "auto: scores are maximized, times and spreads minimized",
    )
    constraint: str | None = parameter(
        None,
        none_or(text("metrics with bounds and commas between, such as fit_time_s<=0.1,peak_memory_mb<=500")),
        "bounds that a trial must keep to be the best, on metrics that it logs",
        "search-settings.md#constraints",
    )
    reshuffle: bool = parameter(
        False,
        flag(),
        "each trial is scored on folds of its own, drawn by the seed and its number",
        "search-settings.md#reshuffle",
    )
    baseline: bool = parameter(
        True,
        flag(),
        "run the estimator, or your entry point, with its own defaults beside the trials, and say what tuning gained; "
        "if they, or a dummy, score better than every trial, they are the champion",
        "champion-and-registry.md#baselines-compete",
    )
    confirm: int = parameter(
        0,
        integer(0, 100),
        "how many of the best trials are scored again on fresh folds, with the defaults; a trial is the champion "
        "only if it beats the defaults there by more than the standard error of the difference",
        "search-settings.md#confirm",
    )
    pick: str | None = parameter(
        None, none_or(text("one of two objectives")), "of two objectives, the one whose best trial is the champion"
    )
