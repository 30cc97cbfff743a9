"""Read from the tracking server what decides a run's scores, and the scores."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from steps.names import Artifact, Tag
from steps.project import environment
from steps.reproduction.verdict import Facts, Steps, is_score


def read(run: Run, *, now: bool = False) -> Facts:
    """Read a run's facts. `now`: it ran in this environment; else its environment is on it, or on its study's run."""
    client = MlflowClient()
    scores = {name: _steps(client, run.info.run_id, name) for name in run.data.metrics if is_score(name)}
    recorded = json.loads(environment.description()) if now else _environment(run)
    return Facts(
        scores=scores,
        data=run.data.tags.get(Tag.DATA, ""),
        folds=run.data.tags.get(Tag.FOLDS, ""),
        packages=recorded.get("packages", {}),
        machine=recorded.get("machine", {}),
    )


def _steps(client: MlflowClient, run_id: str, name: str) -> Steps:
    return sorted((metric.step, metric.value) for metric in client.get_metric_history(run_id, name))


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
