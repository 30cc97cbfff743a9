"""A search space: what a trial may try. Plain data and pure functions."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optuna import Trial
from optuna.distributions import BaseDistribution, CategoricalDistribution

from steps.tuning.space import size
from steps.tuning.space.parameter import FixedParameter, SearchedParameter

# Optuna's name for the choice between several estimators.
ESTIMATOR = "estimator"


def class_of(path: str) -> str:
    """Return the class name at the end of an import path, an estimator's short name.

    >>> class_of("sklearn.preprocessing.StandardScaler+sklearn.svm.SVC")
    'SVC'
    """
    return path.rpartition(".")[2]


@dataclass(frozen=True)
class Choice:
    """What a child is given: the estimator's import path (None: it has its own) and the typed hyperparameters."""

    estimator: str | None
    hyperparameters: dict[str, Any]


@dataclass(frozen=True)
class Space:
    """Estimators with their hyperparameters, searched and fixed, in the file's order.

    `entries` has the hyperparameters of each estimator by their own names; a space that names no estimator has the
    single key None. `tries` are points to try first, as Optuna's parameters; the sampler draws what a point lacks.
    `where` has the file and line of each import path (`auto` for None) and of each `path: hyperparameter`.

    With one estimator, a hyperparameter's name in Optuna is its own. With several it is `<class>.<hyperparameter>`, or
    `<import path>.<hyperparameter>` if two classes have the same name; the choice between them is `estimator`.
    """

    entries: Mapping[str | None, Mapping[str, SearchedParameter | FixedParameter]]
    tries: list[dict[str, Any]] = field(default_factory=list)
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def estimators(self) -> list[str | None]:
        """Return the estimators' import paths; [None] for a space that names none."""
        return list(self.entries)

    def hyperparameters(self, estimator: str | None) -> list[str]:
        """Return the names of an estimator's hyperparameters, fixed ones too."""
        return list(self.entries[estimator])

    def without(self, estimators: Collection[str | None]) -> "Space":
        """Return this space without some of its estimators, and without the points to try first that name them.

        The names in Optuna stay, also where one estimator is left, and with it no choice.
        """
        entries = {path: own for path, own in self.entries.items() if path not in estimators}
        tries = [point for point in self.tries if point.get(ESTIMATOR) not in estimators]
        if len(entries) == 1 and len(self.entries) > 1:
            entries = {path: {key: _always(entry) for key, entry in own.items()} for path, own in entries.items()}
            tries = [{name: value for name, value in point.items() if name != ESTIMATOR} for point in tries]
        return replace(self, entries=entries, tries=tries)

    @property
    def names(self) -> set[str]:
        """Return the names of all hyperparameters, of every estimator, fixed ones too."""
        return {name for entries in self.entries.values() for name in entries}

    @property
    def parameters(self) -> list[SearchedParameter]:
        """Return all that is searched, in order; a parameter stands after those that its conditions name."""
        own = [
            entry
            for entries in self.entries.values()
            for entry in entries.values()
            if isinstance(entry, SearchedParameter)
        ]
        if len(self.entries) == 1:
            return own
        return [SearchedParameter(ESTIMATOR, CategoricalDistribution(tuple(map(str, self.entries)))), *own]

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Return the distribution of every parameter by its name in Optuna, in order."""
        return {parameter.name: parameter.distribution for parameter in self.parameters}

    @property
    def conditional(self) -> bool:
        """Tell whether some parameters are active only under others."""
        return any(parameter.when for parameter in self.parameters)

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Have Optuna suggest a value for each active parameter, in order; return them by Optuna's names."""
        params: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.is_active(params):
                params[parameter.name] = parameter.suggest(trial)
        return params

    def child(self, params: Mapping[str, Any]) -> Choice:
        """Turn Optuna's parameters into what a child is given."""
        estimator = params[ESTIMATOR] if len(self.entries) > 1 else next(iter(self.entries))
        hyperparameters: dict[str, Any] = {}
        for name, entry in self.entries[estimator].items():
            if isinstance(entry, FixedParameter):
                hyperparameters[name] = entry.value
            elif entry.name in params:
                hyperparameters[name] = entry.value(params[entry.name])
        return Choice(estimator, hyperparameters)

    def place(self, estimator: str | None, hyperparameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """Turn what a child was given into Optuna's parameters; None if that is no point of this space.

        The inverse of `child`. A point has a value within bounds for each active hyperparameter, the fixed value for
        each fixed one, and no others.
        """
        if estimator not in self.entries:
            return None
        params: dict[str, Any] = {} if len(self.entries) == 1 else {ESTIMATOR: estimator}
        left = dict(hyperparameters)
        for name, entry in self.entries[estimator].items():
            if isinstance(entry, SearchedParameter) and not entry.is_active(params):
                continue
            if name not in left or entry.rejects(left[name]):
                return None
            value = left.pop(name)
            if isinstance(entry, SearchedParameter):
                params[entry.name] = entry.suggested(value)
        return None if left else params

    def text(self) -> dict[str, str]:
        """Describe each hyperparameter for people, by its name, and by its estimator if there are several."""
        if len(self.entries) == 1:
            return {key: entry.text() for entries in self.entries.values() for key, entry in entries.items()}
        texts = {ESTIMATOR: f"one of {', '.join(map(str, self.entries))}"}
        for path, entries in self.entries.items():
            for key, entry in entries.items():
                texts[f"{path}: {key}"] = _always(entry).text()  # the key names the estimator already
        return texts

    def points(self) -> Iterator[dict[str, Any]]:
        """Yield every point, with active parameters only, the last varying fastest; call only if `size` is a number."""
        parameters = self.parameters
        begun: list[tuple[int, dict[str, Any]]] = [(0, {})]  # how many parameters are decided, and their values
        while begun:
            decided, params = begun.pop()
            while decided < len(parameters) and not parameters[decided].is_active(params):
                decided += 1
            if decided == len(parameters):
                yield params
                continue
            name, values = parameters[decided].name, [*parameters[decided].values()]
            begun += ((decided + 1, params | {name: value}) for value in reversed(values))

    @property
    def size(self) -> int | None:
        """Return the number of points; None if they are unlimited."""
        return size.count(self.parameters)


def _always(entry: SearchedParameter | FixedParameter) -> SearchedParameter | FixedParameter:
    """Return a hyperparameter that does not depend on the choice of an estimator."""
    if isinstance(entry, FixedParameter):
        return entry
    return replace(entry, when={name: words for name, words in entry.when.items() if name != ESTIMATOR})
