"""What does not go with folds of each trial's own is refused."""

from collections.abc import Collection

from steps.errors import WrongValue
from steps.parameters import pruner_settings
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.entry_point import EntryPoint


def check(settings: TuneSettings, entry: EntryPoint, searched: Collection[str]) -> None:
    """Raise WrongValue if `reshuffle` can't be had; `searched` are the hyperparameters of the space."""
    if not settings.reshuffle:
        return
    where, problems = option("reshuffle", "true"), []
    if "fold_seed" not in entry.parameters:
        problems.append(f"{where}: must be false for {entry.name!r}, which declares no fold_seed to draw others")
    elif "fold_seed" in searched:
        problems.append(f"{where}: must be false with a space that has fold_seed itself")
    if settings.split.startswith("time:"):
        problems.append(f"{where}: must be false with {option('split', settings.split)}: the times make the folds")
    if settings.pruner is not None and "wilcoxon" in pruner_settings.parse(settings.pruner).names:
        problems.append(
            f"{where}: must be false with {option('pruner', settings.pruner)}: wilcoxon compares trials fold by fold; "
            "median and others compare their means"
        )
    if problems:
        raise WrongValue(*problems)
