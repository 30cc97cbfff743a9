"""The plan of a study: every `auto` resolved, everything checked, nothing launched yet."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import mlflow

from steps import backends, spaces
from steps.errors import WrongValue
from steps.names import CHECKPOINT, Metric, Variable
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process import free_memory
from steps.project.declared_environment import LOCAL, DeclaredEnvironment
from steps.tuning import entry_point, space, tuned_project
from steps.tuning.checks import backend, budget, capacity, checkpoint_folder, memory, own_entry_point, own_folds
from steps.tuning.checks.capacity import Belongings
from steps.tuning.entry_point import EntryPoint
from steps.tuning.search import constraints, objective, promotion, reshuffle, samplers
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.search.promotion import Fidelity
from steps.tuning.space import Space
from steps.tuning.trials.trial import Job
from steps.tuning.tuned_project import TunedProject

# Called with settings of `train` and the estimators of the space, by task; see `steps.training.run_plan.describe`.
Describe = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class StudyPlan:
    """A study, resolved and checked; `jobs` trials run at a time.

    Nothing in `settings` is `auto` any more, but for shared settings that were not given to another entry point than
    `train`, which has its own.
    `environment` is that of its children, None if it is this process's own. `estimators` has the import path of each
    estimator of the space; None: the entry point has no estimators. `dataset` is what is recorded of the data, empty if
    the entry point reads its own. `folds` is the digest of the columns and the layout, see
    `steps.training.data.examples`. `places` has for each job what is its own, and `device` is what frameworks call the
    devices among that; None: trials are given none. `dummy` has import path and mean score over the folds of an
    estimator that knows nothing of the features; None: there is none. `checkpoints` is the folder for those of all
    studies; None: trials can't keep any. `failures_teach` and `no_score_breaks`: see `search.Search`;
    `shows_values`: see `wiring.seen_by_pruner`.
    """

    settings: TuneSettings
    jobs: int
    project: TunedProject
    environment: DeclaredEnvironment | None
    entry: EntryPoint
    space: Space
    estimators: Mapping[str | None, str | None]
    objectives: tuple[Objective, ...]
    backend_config: Mapping[str, Any]
    dataset: Mapping[str, Any]
    folds: str = ""
    places: Sequence[Belongings] = ()
    device: str | None = None
    dummy: Mapping[str, Any] | None = None
    checkpoints: Path | None = None
    failures_teach: bool = True
    constraints: tuple[Constraint, ...] = ()
    no_score_breaks: bool = True
    shows_values: bool = True

    @property
    def measured(self) -> tuple[Objective, ...]:
        """Return what is read of each child: the objectives, and what else is bounded by a constraint."""
        return constraints.measured(self.objectives, self.constraints)

    @property
    def is_folded(self) -> bool:
        """Tell whether trials log a score for each fold, as `train` does, and not one objective step by step."""
        return self.entry.runs_train

    @property
    def prunes(self) -> bool:
        """Tell whether trials are judged while they run."""
        return self.settings.pruner is not None

    @property
    def fidelity(self) -> Fidelity | None:
        """Return the budget of which trials get a part first; None: all get all of it."""
        return None if self.settings.fidelity is None else promotion.read(self.settings.fidelity)

    @property
    def asks(self) -> float:
        """Return how often the search is asked, if it does not end before: once a trial, unless trials are promoted."""
        return self.settings.n_trials if self.fidelity is None else math.inf

    @property
    def gives_checkpoint(self) -> bool:
        """Tell whether each child is given a checkpoint folder as a parameter."""
        return self.entry.takes_checkpoint(self.space.names)

    def refit_s(self, trial_s: float) -> float:
        """Return what the champion's fits take if its trial took so many seconds: its own, and that of the defaults.

        An entry point that is not `train` repeats the trial, if it refits at all.
        """
        if not self.settings.champion:
            return 0.0
        if not self.entry.runs_train:
            return trial_s if "refit" in self.entry.parameters else 0.0
        shared = self.settings.shared  # a fold is fitted on `folds` - 1 of as many parts
        confirmed = self.settings.confirm + 1 if self.settings.confirm else 0  # with the defaults
        return math.ceil(confirmed / self.jobs) * trial_s + 2 * trial_s / shared.repeats / max(1, shared.folds - 1)

    def job(self, number: int | None, params: Mapping[str, Any]) -> Job:
        """Turn the parameters of a point in the space into what a child does."""
        choice = self.space.child(params)
        job = Job(number, self.estimators[choice.estimator], choice.hyperparameters)
        if number is None or not self.settings.reshuffle:
            return job
        own = {"fold_seed": str(reshuffle.fold_seed(self.settings.shared.seed, number))}
        return replace(job, parameters=own, variables={Variable.OWN_FOLDS: "1"})

    def params(self, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        """Turn the recorded hyperparameters of a child into its point in the space; None if the space has none such."""
        hyperparameters = {key: value for key, value in recorded.items() if not self._is_budget(key)}
        several = len(self.estimators) > 1
        path = hyperparameters.pop("estimator", None) if several else next(iter(self.estimators.values()))
        names = [name for name, other in self.estimators.items() if other == path]
        return self.space.place(names[0], hyperparameters) if names else None

    def _is_budget(self, name: str) -> bool:
        return self.fidelity is not None and name == self.fidelity.name

    def baselines(self) -> list[Job]:
        """Return the jobs that run beside the trials: each estimator, or the entry point, with its own defaults."""
        if not self.settings.baseline:
            return []
        given = [*self.entry.common(self.settings), "device", CHECKPOINT]  # given where they are required
        missing = [] if self.entry.runs_train else self.entry.required(given)
        budget = {name: self.fidelity.high for name in missing if self.fidelity and self._is_budget(name)}
        if len(missing) > len(budget):
            return []  # not every parameter has a default
        return [Job(None, path, budget) for path in self.estimators.values()]


def make(settings: TuneSettings, project: TunedProject, describe: Describe) -> StudyPlan:
    """Resolve and check a study's settings. Raises WrongValue if something does not fit."""
    entry = entry_point.find(settings.entry_point, project)
    environment = project.environment(settings.env_manager)
    manager = environment.manager if environment else LOCAL
    settings = replace(tuned_project.resolved(settings, project), entry_point=entry.name, env_manager=manager)
    settings = replace(settings, backend=project.backend(settings.backend))
    file = space.load(settings.space)
    backend_config = backend.read_backend_config(settings)
    found = capacity.find(settings)
    jobs = len(found.places)
    resolved = replace(settings, entry_point=entry.name, jobs=jobs)
    described: Mapping[str, Any] = {}
    if entry.runs_train:
        resolved = replace(resolved, **{**asdict(settings.shared), "metric": objective.metric(settings)})
        asked, places_of = budget.with_budget(settings, file)
        described = describe(settings=resolved.for_training(), estimators=asked, where=places_of)
        settled = ("target", "split", "task", "metric", "positive")
        resolved = replace(resolved, **{key: described[key] for key in settled})
        for note in described["notes"]:
            print(f"tune: {note}", file=sys.stderr)
    searched = file.for_task(resolved.task if resolved.task != "auto" else "classification")
    where = option("space") if spaces.is_inline(settings.space) else option("space", settings.space)
    if entry.runs_train:
        searched = searched.without(described["left_out"])
        estimators = dict(zip(searched.estimators, described["estimators"], strict=True))
    else:
        estimators = {path: path for path in searched.estimators}
        names = [name for path in searched.estimators for name in searched.hyperparameters(path)]
        columns = searched.where if spaces.is_inline(settings.space) else {}
        places = {name: columns.get(f"auto: {name}", where) for name in names}
        entry.check(places | ({"estimator": where} if None not in estimators else {}))
        # What no trial is given is no setting of the study.
        undeclared = settings.given.keys() - entry.parameters.keys() - {*own_entry_point.OF_THE_STUDY}
        not_given: dict[str, Any] = dict.fromkeys(undeclared, "auto")
        resolved = replace(resolved, **not_given)
    server = mlflow.get_tracking_uri()
    own_entry_point.check(project.folder, project.read(), entry, settings, searched, where, server)
    objectives = objective.resolve(resolved, entry)
    bounds = constraints.resolve(resolved, entry, objectives)
    samplers.check(settings.sampler, searched, len(objectives), constrained=bool(bounds))
    own_folds.check(resolved, entry, [name for path in searched.estimators for name in searched.hyperparameters(path)])
    _check_objectives(settings, objectives)
    _check_costs(settings, entry, [objective.logged for objective in objectives], "objective")
    _check_costs(settings, entry, [each.metric.logged for each in bounds], "constraint")
    budget.check(settings, entry, searched, len(objectives))
    dataset = described.get("dataset", {})
    checkpoints = None
    if not entry.runs_train:
        checkpoints = checkpoint_folder.find(settings, declared=entry.takes_checkpoint(searched.names))
        resolved = replace(resolved, checkpoint_dir=settings.checkpoint_dir and str(checkpoints))
    memory.check(resolved, jobs, dataset, free_memory.of_this_process())
    return StudyPlan(
        resolved,
        jobs,
        project,
        environment,
        entry,
        searched,
        estimators,
        objectives,
        backend_config,
        dataset,
        described.get("folds", ""),
        found.places,
        found.device,
        described.get("dummy"),
        checkpoints,
        constraints=bounds,
    )


def _check_costs(settings: TuneSettings, entry: EntryPoint, names: Sequence[str], parameter: str) -> None:
    """Raise WrongValue if a parameter needs what a backend does not measure; a script may log it itself."""
    costs = [name for name in names if name in Metric.COSTS]
    if not costs or settings.backend in backends.OURS:
        return
    ours = ", ".join(backends.OURS)
    problem = f"{option(parameter, costs[0])}: the backend {settings.backend!r} does not measure it; {ours} do"
    if entry.runs_train:
        raise WrongValue(problem)
    print(f"tune: {problem}, so the script has to log it", file=sys.stderr)


def _check_objectives(settings: TuneSettings, objectives: tuple[Objective, ...]) -> None:
    problems = []
    if len(objectives) > 1:
        if settings.pruner is not None:
            problems.append(
                f"{option('pruner', settings.pruner)}: must be none with two objectives: Optuna prunes by one"
            )
        if settings.target_value is not None:
            problems.append(f"{option('target_value', settings.target_value)}: must be none with two objectives")
    if problems:
        raise WrongValue(*problems)
