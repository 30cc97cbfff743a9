"""Finished runs that a search knows from its start: which of them fit, and as what they enter.

A run fits if it is of the same project and entry point, finished, was scored on the same data and folds, and tried a
point of the space. The project's version may be another. It enters as a trial that Optuna is told before the study's
own first one. It has no number and is never the best.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mlflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT, MLFLOW_SOURCE_NAME
from optuna.trial import FrozenTrial, TrialState, create_trial

from steps.errors import WrongValue, did_you_mean
from steps.names import CHECKPOINT, ESTIMATOR_PREFIX, Artifact, Role, Tag
from steps.parameters import step_rules
from steps.parameters.option import option
from steps.parameters.values import decode
from steps.project import secrets
from steps.tracking import read
from steps.tracking.server_errors import where
from steps.tuning.search.objective import Objective
from steps.tuning.search.pruning import Steps
from steps.tuning.study_plan import StudyPlan

_RUN_ID = re.compile(r"[0-9a-f]{32}")
# Run ids that are named on the terminal for each reason; the artifact has them all.
_SHOWN = 3


@dataclass(frozen=True)
class WarmStart:
    """The runs that enter, as trials, and why others do not; both by run id, in the order of their starts."""

    trials: Mapping[str, FrozenTrial] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what the artifact has."""
        return {"runs": list(self.trials), "left_out": dict(self.left_out)}

    def text(self) -> str:
        """Say in one line how many enter, and how many do not, by reason."""
        by_reason: dict[str, list[str]] = defaultdict(list)
        for run_id, reason in self.left_out.items():
            by_reason[reason].append(run_id)
        entered = f"{len(self.trials)} of {len(self.trials) + len(self.left_out)} runs enter as past trials"
        left_out = [
            f"{len(ids)} {reason} ({', '.join(ids[:_SHOWN])}{', …' if len(ids) > _SHOWN else ''})"
            for reason, ids in by_reason.items()
        ]
        return f"{entered}; left out: {'; '.join(left_out)}" if left_out else entered


def collect(
    plan: StudyPlan, steps: Callable[[str], Steps] | None = None, recorded: Sequence[str] | None = None
) -> WarmStart:
    """Find the runs that `warm_start` means; `steps` reads what a pruner would have seen of a run, by its id.

    `recorded` are the ids of the runs that entered at the study's first start: it goes on with these alone.
    Raises WrongValue if there is no such run or experiment.
    """
    if plan.settings.warm_start is None:
        return WarmStart()
    source = plan.settings.warm_start if recorded is None else ",".join(recorded)
    trials: dict[str, FrozenTrial] = {}
    left_out: dict[str, str] = {}
    for run in _runs(source, plan):
        try:
            trials[run.info.run_id] = _trial(run, plan, steps)
        except _LeftOutError as reason:
            left_out[run.info.run_id] = str(reason)
    return WarmStart(trials, left_out)


def recorded_run_ids(parent_run_id: str) -> list[str]:
    """Return the ids of the runs that entered a study, from the record of its first parent run."""
    run_ids: list[str] = mlflow.artifacts.load_dict(f"runs:/{parent_run_id}/{Artifact.WARM_START}")["runs"]
    return run_ids


class _LeftOutError(Exception):
    """Why a run does not enter."""


def _runs(source: str, plan: StudyPlan) -> Iterable[Run]:
    words = [word.strip() for word in source.split(",") if word.strip()]
    client = MlflowClient()
    if all(map(_RUN_ID.fullmatch, words)):
        try:
            return [client.get_run(word) for word in dict.fromkeys(words)]
        except MlflowException as error:
            raise WrongValue(f"{option('warm_start', source)}: {error.message} (in {where()})") from error
    experiment = client.get_experiment_by_name(source)
    if experiment is None:
        names = [experiment.name for experiment in client.search_experiments()]
        raise WrongValue(
            f"{option('warm_start', source)}: must be run ids with commas between, or the name of an experiment in "
            f"{where()}{did_you_mean(source, names)}"
        )
    runs = read.find_runs([experiment.experiment_id])
    return sorted((run for run in runs if _is_of(run, plan)), key=read.by_start)


def _is_of(run: Run, plan: StudyPlan) -> bool:
    """Tell whether a run is of the study's entry point and did something of its own.

    A run that repeats another one says nothing new. A run of `train` is known by its tags, whoever started it.
    """
    if run.data.tags.get(Tag.ROLE) in (Role.CONFIRMATION, Role.CHAMPION, Role.REPRODUCTION):
        return False
    if plan.entry.runs_train and Tag.FOLDS in run.data.tags:
        return True
    return run.data.tags.get(MLFLOW_PROJECT_ENTRY_POINT) == plan.entry.name


def _trial(run: Run, plan: StudyPlan, steps: Callable[[str], Steps] | None) -> FrozenTrial:
    tags = run.data.tags
    if not _is_of(run, plan) and MLFLOW_PROJECT_ENTRY_POINT in tags:
        raise _LeftOutError(f"of the entry point {tags[MLFLOW_PROJECT_ENTRY_POINT]!r}")
    _check_same_project(run, plan)
    if run.info.status != "FINISHED":
        raise _LeftOutError("not finished")
    _check_same_data(run, plan)
    values = [_value(run, objective) for objective in plan.objectives]
    if not all(map(read.is_finite, values)):
        raise _LeftOutError(f"without {' and '.join(objective.name for objective in plan.objectives)}")
    bounded = {each.metric.name: _value(run, each.metric) for each in plan.constraints}
    if missing := [name for name, value in bounded.items() if not read.is_finite(value)]:
        raise _LeftOutError(f"without {' and '.join(missing)}")
    params = plan.space.place(_estimator(run, plan), _hyperparameters(run, plan))
    if params is None:
        raise _LeftOutError("outside the space")
    return create_trial(
        state=TrialState.COMPLETE,
        params=params,
        distributions={name: plan.space.distributions[name] for name in params},
        values=values,
        intermediate_values=dict(steps(run.info.run_id)) if steps else None,
        constraints={each.text: each.excess(bounded) for each in plan.constraints},
    )


def _value(run: Run, objective: Objective) -> float:
    """Return a run's value of an objective; of a run of a study that went by another step, made of its steps."""
    metrics = run.data.metrics
    if objective.is_derived and objective.name not in metrics and objective.logged in metrics:
        steps = read.steps(run.info.run_id, objective.logged)
        return step_rules.value(objective.rule, objective.sign, steps)[1]
    return metrics.get(objective.name, math.nan)


def _check_same_project(run: Run, plan: StudyPlan) -> None:
    """Raise _LeftOutError for a run of another project; one that no study launched has it as MLflow's source."""
    project, own = run.data.tags.get(Tag.PROJECT), plan.project
    if own.is_own and project is not None:
        raise _LeftOutError(f"of the project {secrets.hidden(project)!r}")
    if not own.is_own and own.uri not in (project, run.data.tags.get(MLFLOW_SOURCE_NAME)):
        raise _LeftOutError(f"of the project {secrets.hidden(project)!r}" if project else "of another project")


def _check_same_data(run: Run, plan: StudyPlan) -> None:
    if plan.entry.runs_train:
        if run.data.tags.get(Tag.DATA) != plan.dataset["sha256"]:
            raise _LeftOutError("of other data")
        if run.data.tags.get(Tag.FOLDS) != plan.folds:
            raise _LeftOutError("of other columns or folds")
        return
    parameters = _parameters(run)
    for name, word in plan.entry.shared(plan.settings).items():
        if parameters.get(name) != word:
            raise _LeftOutError(f"of another {name}")


def _parameters(run: Run) -> dict[str, str]:
    try:
        return read.parameters_of(run)
    except WrongValue as error:
        raise _LeftOutError("with a parameter that MLflow has cut") from error


def _estimator(run: Run, plan: StudyPlan) -> str | None:
    """Return the estimator as the space names it."""
    used = run.data.tags.get(Tag.ESTIMATOR) if plan.entry.runs_train else _parameters(run).get("estimator")
    for named, path in plan.estimators.items():
        if path == used or (named is None and not plan.entry.runs_train):
            return named
    raise _LeftOutError("of another estimator")


def _hyperparameters(run: Run, plan: StudyPlan) -> dict[str, Any]:
    entry, parameters = plan.entry, _parameters(run)
    if entry.runs_train:
        own = {name: word for name, word in parameters.items() if name not in entry.parameters}
        return {name.removeprefix(ESTIMATOR_PREFIX): decode(word) for name, word in own.items()}
    searched = {name for path in plan.estimators for name in plan.space.hyperparameters(path)}
    # A folder for checkpoints is each run's own.
    fixed = entry.parameters.keys() - entry.common(plan.settings).keys() - searched - {"estimator", CHECKPOINT}
    differs = any(parameters.get(name, entry.parameters[name]) != entry.parameters[name] for name in fixed)
    if differs or parameters.keys() - entry.parameters.keys() - searched - {"estimator"}:
        raise _LeftOutError("outside the space")  # it differs from every trial in a parameter that is not searched
    hyperparameters = {}
    for name, searched_or_fixed in plan.space.entries[_estimator(run, plan)].items():
        if name in parameters:
            word = parameters[name]
            same = [choice for choice in searched_or_fixed.choices if entry.word(choice) == word]
            hyperparameters[name] = same[0] if same else decode(word)
    return hyperparameters
