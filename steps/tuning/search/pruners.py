"""Optuna's pruners, made with the settings that a study gives them."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from optuna.trial import FrozenTrial

from steps.parameters.pruner_settings import AUTO, PATIENT, PrunerSettings, parse
from steps.parameters.step_rules import BEST

# No step comes so late.
_NEVER = sys.maxsize


def make(pruner: str | None, steps: int | None, told: Sequence[FrozenTrial] = ()) -> BasePruner:
    """Make a pruner for trials of a number of steps, None if that is unknown; one that never prunes if it is None.

    `told` are the trials that Optuna had been told when the trial was asked that is to be judged.
    """
    return NopPruner() if pruner is None else _make(parse(pruner), steps, told)


def needs_values(pruner: str | None, rule: str) -> bool:
    """Tell whether a pruner waits until a trial worsens, as patient and threshold do, where the best step counts.

    The best so far never worsens, so such a pruner has to see the values themselves.
    """
    return rule == BEST and pruner is not None and not parse(pruner).names.isdisjoint({PATIENT, "threshold"})


def _make(settings: PrunerSettings, steps: int | None, told: Sequence[FrozenTrial]) -> BasePruner:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        if settings.name == PATIENT:
            inner = _make(settings.inner, steps, told) if settings.inner else None
            return PatientPruner(inner, settings.values["steps"], settings.values["min_delta"])
        values = dict(settings.values)
        if settings.name in ("median", "percentile") and values["warmup"] == AUTO:
            values["warmup"] = after_a_third(steps, told)
        if settings.name == "hyperband" and values["max"] == AUTO:
            values["max"] = steps or AUTO
        return MAKERS[settings.name](values)


MAKERS: Mapping[str, Callable[[Mapping[str, Any]], BasePruner]] = {
    "median": lambda s: MedianPruner(s["startup"], s["warmup"], s["interval"]),
    "percentile": lambda s: PercentilePruner(s["keep"], s["startup"], s["warmup"], s["interval"]),
    "hyperband": lambda s: HyperbandPruner(s["min"], s["max"], s["factor"]),
    "halving": lambda s: SuccessiveHalvingPruner(s["min"], s["factor"], s["min_early_stopping_rate"]),
    "wilcoxon": lambda s: WilcoxonPruner(p_threshold=s["p"], n_startup_steps=s["startup"]),
    "threshold": lambda s: ThresholdPruner(s["lower"], s["upper"], s["warmup"], s["interval"]),
}


def after_a_third(steps: int | None, told: Sequence[FrozenTrial]) -> int:
    """Return the first step at which a trial is judged that is to have a third of its steps behind it.

    Of folds the number is known. Else it is that of the longest trial that was told: steps count by its steps, whether
    they are 0, 1, 2, … or 100, 200, 300, …. A trial of one step is never pruned: at that it has its score.
    """
    longest = max((trial.intermediate_values for trial in told), key=len, default={})
    numbers = sorted(longest) if steps is None else range(steps)
    return numbers[len(numbers) // 3] if len(numbers) > 1 else _NEVER
