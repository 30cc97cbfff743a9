"""The finished trials whose hyperparameters can be compared: of several estimators those of the best one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from steps.tuning.report.optuna_study import as_optuna_study
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.space import class_of
from steps.tuning.space.estimator_names import told_apart
from steps.tuning.space.search_space import ESTIMATOR

# With fewer finished trials, importances are noise.
LEAST = 10


@dataclass(frozen=True)
class Branch:
    """Finished trials, the best first; `points` has for each its searched hyperparameters by their names in Optuna.

    `estimator` is the short name of the one that they have, empty if the space has one or none. `weights` are the
    importances of the hyperparameters, the most important first, empty if they can't be told.
    """

    estimator: str
    trials: Sequence[TrialRecord]
    points: Sequence[Mapping[str, Any]]
    distributions: Mapping[str, BaseDistribution]
    weights: Mapping[str, float]

    @property
    def ranked(self) -> list[str]:
        """Return the names of all hyperparameters that vary, the most important first."""
        return list(dict.fromkeys([*self.weights, *self.distributions]))

    def label(self, name: str) -> str:
        """Return a hyperparameter's own name: without class and step, of several estimators, since the class is named.

        `SVC.svc__C` is `C`, where it is SVC that is drawn.
        """
        if not self.estimator:
            return name
        last_step = class_of(self.estimator.rpartition(" ")[2])
        return name.rpartition(".")[2].removeprefix(f"{last_step.lower()}__")

    @property
    def whose(self) -> str:
        """Say which trials these are, if they are not all."""
        return f" of {self.estimator} alone" if self.estimator else ""


def find(record: StudyRecord) -> Branch:
    """Return the finished trials of the estimator that has the best one."""
    ranked = [(trial, params) for trial in record.ranked if (params := record.plan.params(trial.recorded)) is not None]
    several = len(record.plan.estimators) > 1
    by_estimator: dict[str, list[tuple[TrialRecord, Mapping[str, Any]]]] = {}
    for trial, params in ranked:
        by_estimator.setdefault(str(params[ESTIMATOR]) if several else "", []).append((trial, params))
    path = next(iter(by_estimator), "")
    pairs = by_estimator.get(path, [])
    names = {name for _, params in pairs for name in params} - ({ESTIMATOR} if several else set())
    distributions = {
        name: distribution
        for name, distribution in record.plan.space.distributions.items()
        if name in names and not distribution.single()
    }
    trials = [trial for trial, _ in pairs]
    points = [{name: value for name, value in params.items() if name in distributions} for _, params in pairs]
    weights = _weights(replace(record, trials=trials), list(distributions))
    name = told_apart(record.plan.estimators.values())[str(record.plan.estimators[path])] if several and path else ""
    return Branch(name, trials, points, distributions, weights)


def _weights(record: StudyRecord, names: Sequence[str]) -> Mapping[str, float]:
    if len(record.trials) < LEAST or not names or len(record.plan.objectives) > 1:
        return {}
    evaluator = PedAnovaImportanceEvaluator()
    try:
        return get_param_importances(as_optuna_study(record), evaluator=evaluator, params=list(names))
    except (ValueError, RuntimeError, KeyError):  # Optuna can't tell it of such a space, or of such trials
        return {}
