"""Read from the tracking server what decides a run's scores, and the scores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_PROJECT_ENTRY_POINT

from steps import names
from steps.names import Artifact, Tag
from steps.parameters import step_rules
from steps.project import mlproject
from steps.reproduction.verdict import Facts, Steps, is_score
from steps.tracking import artifact_store, inner_runs, own_tags
from steps.tracking import read as read_runs


@dataclass(frozen=True)
class Judged:
    """What is judged of a run of somebody's own entry point: what its study saw of it.

    The value of each objective, made of the steps that count, and the steps of the first that a pruner has seen.
    `directions` has "maximize" or "minimize" for each.
    """

    objectives: Sequence[str]
    directions: Sequence[str]
    seen: Steps

    @property
    def logged(self) -> str:
        """Return the metric that is logged of the first objective."""
        return _split(self.objectives[0])[0]


def judged(run: Run) -> Judged | None:
    """Return what is judged of a run; None: every score, as of a run of `train`, or of one that no study knows."""
    tags = run.data.tags
    command = mlproject.commands().get(tags[MLFLOW_PROJECT_ENTRY_POINT], "")
    is_own_training = mlproject.runs_train(command) and Tag.PROJECT not in tags
    if Tag.STUDY not in tags or MLFLOW_PARENT_RUN_ID not in tags or is_own_training:
        return None
    settings = own_tags.from_json(MlflowClient().get_run(tags[MLFLOW_PARENT_RUN_ID]), Tag.SETTINGS, dict, "{}")
    objectives = [name.strip() for name in str(settings.get("objective", "")).split(",")]
    # The steps of an evaluation are budgets, of runs before it.
    seen = [] if Tag.EVALUATION in tags else own_tags.steps(run)
    directions = [direction.strip() for direction in str(settings.get("direction", "")).split(",")]
    # A cost is never the same twice. Only of costs is less better by itself.
    judged = {
        name: direction
        for name, direction in zip_longest(objectives, directions, fillvalue="")
        if _split(name)[0] not in names.Metric.COSTS
    }
    if not judged or not all(judged):
        return None
    return Judged([*judged], [*judged.values()], seen if objectives[0] in judged else [])


def metrics(run: Run, judged: Judged) -> dict[str, float]:
    """Return the metrics of a run of somebody's own entry point, and of the nested run that has its objective."""
    nested = inner_runs.find(run.info.run_id, run.info.experiment_id).with_metric(judged.logged)
    return {**(nested.data.metrics if nested else {}), **run.data.metrics}


def read(run: Run, only: Judged | None, *, now: str = "") -> Facts:
    """Read a run's facts. `now` describes the environment of one that has just run; others have it on record.

    Of its scores `only` some may be judged.
    """
    client = MlflowClient()
    if only is None:
        scores = {name: _steps(client, run.info.run_id, name) for name in run.data.metrics if is_score(name)}
    else:
        scores = {
            name: _counts_and_seen(run, name, direction, only.seen if name == only.objectives[0] else ())
            for name, direction in zip(only.objectives, only.directions, strict=True)
        }
    recorded = json.loads(now) if now else _environment(run)
    return Facts(
        scores=scores,
        data=run.data.tags.get(Tag.DATA, ""),
        folds=run.data.tags.get(Tag.FOLDS, ""),
        packages=recorded.get("packages", {}),
        machine=recorded.get("machine", {}),
    )


def _steps(client: MlflowClient, run_id: str, name: str) -> Steps:
    return sorted((metric.step, metric.value) for metric in client.get_metric_history(run_id, name))


def _split(name: str) -> tuple[str, str]:
    """Return what an objective's name means: a metric, and which of its steps counts."""
    metric, rule = step_rules.split(name)
    return (metric, rule) if step_rules.is_rule(rule) else (name, step_rules.LAST)


def _history(run: Run, name: str) -> Steps:
    """Return what a run has logged of a metric, or its only nested run that has it."""
    source = run
    if name not in run.data.metrics:
        source = inner_runs.find(run.info.run_id, run.info.experiment_id).with_metric(name) or run
    return read_runs.steps(source.info.run_id, name)


def _counts_and_seen(run: Run, objective: str, direction: str, seen: Steps) -> Steps:
    """Return the value of an objective at its step, and the first finite one of each step that was seen."""
    metric, rule = _split(objective)
    history = _history(run, metric)
    values: dict[int, float] = {}
    for step, value in history:
        if read_runs.is_finite(value):
            values.setdefault(step, value)
    steps = {(step, values[step]) for step, _ in seen if step in values}
    counts = [step_rules.value(rule, -1 if direction == "minimize" else 1, history)] if history else []
    return sorted({*steps, *counts})


def _environment(run: Run) -> dict[str, dict[str, str]]:
    for run_id in (run.info.run_id, run.data.tags.get(MLFLOW_PARENT_RUN_ID)):
        if run_id is None:
            continue
        try:
            recorded: dict[str, dict[str, str]] = json.loads(artifact_store.text(run_id, Artifact.ENVIRONMENT))
            return recorded
        except (OSError, ValueError):
            continue
    return {}
