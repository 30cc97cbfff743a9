"""The estimators of a space that can't do what a study asks for; they are left out as long as others can."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.parameters.settings import TrainSettings
from steps.training.model import early_stopping, estimator, fitting
from steps.training.scores import responses


def find(
    settings: TrainSettings,
    task: str,
    metric: str,
    estimators: Mapping[str, tuple[str, Mapping[str, Iterable[Any]]]],
    where: Mapping[str, str],
) -> dict[str, str]:
    """Return a note for the import path of each estimator that takes no weights, can't stop early, or suits no metric.

    `estimators` has, by import path, the name in the space and the hyperparameters with their choices, see
    `responses.check`; `where` has the place of each name. Raises WrongValue, naming them all, if no other is left.
    """
    problems, notes = [], {}
    for path, (named, choices) in estimators.items():
        for error in _problems(settings, task, metric, path, choices):
            reason = estimator.without_option(str(error), path)
            problems.append(f"{where.get(named, option('space'))}: {reason}")
            notes[path] = f"{option('space')}: leaves out {reason.rpartition('; ')[0]}"
    if len(notes) == len(estimators) and notes:
        raise WrongValue(*problems)
    return notes


def _problems(
    settings: TrainSettings, task: str, metric: str, path: str, choices: Mapping[str, Iterable[Any]]
) -> Iterator[WrongValue]:
    maker = estimator.import_maker(path, task)
    checks = [partial(responses.check, metric, maker, path, choices)]
    checks += [partial(fitting.check_weights, maker(), path)] * (settings.weight is not None)
    checks += [partial(early_stopping.check, maker(), path)] * (settings.early_stopping is not None)
    for check in checks:
        try:
            check()
        except WrongValue as error:
            yield error
