"""Whether an entry point can be given a part of its budget: what --fidelity names."""

from collections.abc import Mapping
from typing import Any

from steps.errors import WrongValue, did_you_mean
from steps.names import CHECKPOINT
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search import halving_search, promotion
from steps.tuning.space import Space
from steps.tuning.space.file import SpaceFile


def name_of(settings: TuneSettings) -> str | None:
    """Return the name of the parameter that is a budget; None if there is none. Raises WrongValue."""
    return None if settings.fidelity is None else promotion.read(settings.fidelity).name


def with_budget(
    settings: TuneSettings, file: SpaceFile
) -> tuple[Mapping[str, Mapping[str, Mapping[str, list[Any]]]], Mapping[str, Mapping[str, str]]]:
    """Return the hyperparameters that estimators of a space must take, the budget too, and where each stands.

    Each has its choices, see `SpaceFile.hyperparameters`.
    """
    names, where, name = file.hyperparameters(), file.where, name_of(settings)
    if name is None:
        return names, where
    budgets = {
        task: {f"{path}: {name}": option("fidelity", settings.fidelity) for path in estimators}
        for task, estimators in names.items()
    }
    return (
        {task: {path: {**own, name: []} for path, own in estimators.items()} for task, estimators in names.items()},
        {task: {**where.get(task, {}), **budgets.get(task, {})} for task in {**where, **budgets}},
    )


def check(settings: TuneSettings, entry: EntryPoint, space: Space, objectives: int) -> None:
    """Raise WrongValue if a fidelity does not go with the entry point, the space, or the other settings."""
    if settings.fidelity is None:
        return
    name = promotion.read(settings.fidelity).name
    where = option("fidelity", settings.fidelity)
    if name in space.names:
        raise WrongValue(f"{where}: {name} is in the space too; leave it out there")
    if name not in entry.parameters and not entry.runs_train and not entry.is_script:
        near, allowed = did_you_mean(name, entry.parameters), ", ".join(entry.parameters) or "none"
        raise WrongValue(
            f"{where}: the entry point {entry.name!r} declares no parameter {name!r}{near}; allowed: {allowed}"
        )
    given = {**entry.common(settings), **({CHECKPOINT: ""} if entry.takes_checkpoint(space.names) else {})}
    if name in given and not entry.runs_train:
        raise WrongValue(f"{where}: {name} is given to every trial already; name another parameter as the budget")
    if settings.warm_start is not None:
        raise WrongValue(
            f"{option('warm_start', settings.warm_start)}: must be none with {where}: other runs have other budgets"
        )
    if settings.constraint is not None:
        raise WrongValue(
            f"{option('constraint', settings.constraint)}: must be none with {where}: a part of the budget says "
            "nothing of it"
        )
    halving_search.check(settings.fidelity, settings.sampler, settings.pruner, objectives)
