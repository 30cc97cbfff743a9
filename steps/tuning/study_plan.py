"""What a study is going to do: every `auto` resolved, everything checked, nothing launched yet."""

import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from steps import backends
from steps.errors import WrongValue
from steps.tuning import entry_point, space
from steps.tuning.checks import backend, memory, ray_cluster
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search import objective, samplers
from steps.tuning.search.objective import Objective
from steps.tuning.space import Space
from steps.tuning.trials.trial import Job

# Called with the study's settings and the estimators of its space, by task; see `steps.training.run_plan.describe`.
Describe = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class StudyPlan:
    """A study, resolved and checked: nothing is `auto` any more.

    `estimators` has the import path of each of the space's estimators (None: the entry point has none).
    """

    values: Mapping[str, Any]
    entry: EntryPoint
    space: Space
    estimators: Mapping[str | None, str | None]
    objectives: tuple[Objective, ...]
    backend_config: Mapping[str, Any]
    dataset: Mapping[str, Any]  # what is recorded of the data; nothing where the entry point reads its own
    folds: str = ""  # the digest of what is made of the data, see `steps.training.data.examples`

    @property
    def is_folded(self) -> bool:
        """Tell whether trials log a score for each fold, as `train` does, and not an objective that goes on."""
        return self.entry.runs_train

    def job(self, number: int | None, params: Mapping[str, Any]) -> Job:
        """Turn the parameters of a point in the space into what a child does."""
        choice = self.space.child(params)
        return Job(number, self.estimators[choice.estimator], choice.hyperparameters)

    def params(self, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        """Turn what the record of a child shows into the point in the space that it was; None where it is none."""
        given = dict(recorded)
        path = given.pop("estimator", None) if len(self.estimators) > 1 else next(iter(self.estimators.values()))
        named = [name for name, known in self.estimators.items() if known == path]
        return self.space.place(named[0], given) if named else None

    def baselines(self) -> deque[Job]:
        """Return what is run beside the trials: each estimator, or the entry point, with its own defaults."""
        if not self.entry.runs_train and self.entry.required(self.entry.shared(self.values)):
            return deque()  # it has no defaults
        return deque(Job(None, path) for path in self.estimators.values())


def make(values: Mapping[str, Any], describe: Describe) -> StudyPlan:
    """Resolve and check a study's settings. Raises WrongValue for what does not fit."""
    tuned = entry_point.find(values["entry_point"])
    file = space.load(values["space"])
    backend_config = backend.read_backend_config(values)
    chosen = {**values, "metric": objective.metric(values), "jobs": _jobs(values)}
    resolved: Mapping[str, Any] = {}
    if tuned.runs_train:
        resolved = describe(settings=dict(chosen), estimators=file.hyperparameters(), where=file.where)
        chosen |= {key: resolved[key] for key in ("target", "split", "task", "metric")}
        for note in resolved["notes"]:
            print(f"tune: {note}", file=sys.stderr)
    found = file.for_task(chosen["task"] if chosen["task"] != "auto" else "classification")
    if tuned.runs_train:
        estimators = dict(zip(found.estimators, resolved["estimators"], strict=True))
    else:
        estimators = {path: path for path in found.estimators}
        names_ = [name for path in found.estimators for name in found.hyperparameters(path)]
        tuned.check([*names_, *(["estimator"] if None not in estimators else [])], f"--space {values['space']!r}")
    objectives = objective.resolve(chosen, tuned, chosen["metric"])
    samplers.check(values["sampler"], found, len(objectives))
    _check_scores(values, objectives)
    memory.check(chosen, resolved.get("dataset", {}), memory.of_this_process())
    return StudyPlan(
        chosen,
        tuned,
        found,
        estimators,
        objectives,
        backend_config,
        dataset=resolved.get("dataset", {}),
        folds=resolved.get("folds", ""),
    )


def _jobs(values: Mapping[str, Any]) -> int:
    return ray_cluster.jobs(values) if values["backend"] == backends.RAY else backend.jobs(values)


def _check_scores(values: Mapping[str, Any], objectives: tuple[Objective, ...]) -> None:
    problems = []
    if len(objectives) > 1:
        if values["pruner"] != "none":
            problems.append(f"--pruner {values['pruner']!r}: must be none with two objectives: Optuna prunes by one")
        if values["target_value"] is not None:
            problems.append(f"--target_value {values['target_value']}: must be none with two objectives")
    if problems:
        raise WrongValue(*problems)
