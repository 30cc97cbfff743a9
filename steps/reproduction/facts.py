"""Read from the tracking server what decides a run's scores, and the scores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Metric, Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_PROJECT_ENTRY_POINT

from steps import names
from steps.names import Artifact, Tag
from steps.project import mlproject
from steps.reproduction.verdict import Facts, Steps, is_score
from steps.tracking import inner_runs
from steps.tracking import read as read_runs


@dataclass(frozen=True)
class Judged:
    """What is judged of a run of somebody's own entry point: what its study saw of it.

    The last value of each objective, and the steps of the first that a pruner has seen.
    """

    objectives: Sequence[str]
    seen: Steps


def judged(run: Run) -> Judged | None:
    """Return what is judged of a run; None: every score, as of a run of `train`, or of one that no study knows."""
    tags = run.data.tags
    command = mlproject.commands().get(tags[MLFLOW_PROJECT_ENTRY_POINT], "")
    is_own_training = mlproject.runs_train(command) and Tag.PROJECT not in tags
    if Tag.STUDY not in tags or MLFLOW_PARENT_RUN_ID not in tags or is_own_training:
        return None
    settings = json.loads(MlflowClient().get_run(tags[MLFLOW_PARENT_RUN_ID]).data.tags.get(Tag.SETTINGS, "{}"))
    objectives = [name.strip() for name in settings.get("objective", "").split(",")]
    seen = [(int(step), float(value)) for step, value in json.loads(tags.get(Tag.REPORTED, "[]"))]
    judged = [name for name in objectives if name not in names.Metric.COSTS]  # these are never the same twice
    return Judged(judged, seen if judged[:1] == objectives[:1] else []) if judged and all(judged) else None


def metrics(run: Run, judged: Judged) -> dict[str, float]:
    """Return the metrics of a run of somebody's own entry point, and of the nested run that has its objective."""
    nested = inner_runs.find(run.info.run_id, run.info.experiment_id).with_metric(judged.objectives[0])
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
            name: _last_and_seen(_history(run, name), only.seen if name == only.objectives[0] else ())
            for name in only.objectives
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


def _history(run: Run, name: str) -> list[Metric]:
    """Return what a run has logged of a metric, or its only nested run that has it."""
    client, source = MlflowClient(), run
    if name not in run.data.metrics:
        source = inner_runs.find(run.info.run_id, run.info.experiment_id).with_metric(name) or run
    history = client.get_metric_history(source.info.run_id, name)
    return sorted(history, key=lambda metric: (metric.step, metric.timestamp))


def _last_and_seen(history: Sequence[Metric], seen: Steps) -> Steps:
    """Return the last value, and the first finite one of each step that was seen."""
    values: dict[int, float] = {}
    for metric in history:
        if read_runs.is_finite(metric.value):
            values.setdefault(metric.step, metric.value)
    steps = {(step, values[step]) for step, _ in seen if step in values}
    return sorted(steps | {(metric.step, metric.value) for metric in history[-1:]})


def _environment(run: Run) -> dict[str, dict[str, str]]:
    for run_id in (run.info.run_id, run.data.tags.get(MLFLOW_PARENT_RUN_ID)):
        if run_id is None:
            continue
        try:
            with TemporaryDirectory(prefix="reproduce-") as folder:
                path = MlflowClient().download_artifacts(run_id, Artifact.ENVIRONMENT, folder)
                recorded: dict[str, dict[str, str]] = json.loads(Path(path).read_text(encoding="utf-8"))
                return recorded
        except (MlflowException, OSError):  # stores raise either if there is no such artifact
            continue
    return {}
