"""What the tracking server has on record of a run that decides its scores."""

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
    """Read them; `now`: the run was in this environment. Else it is on record, of a study's child on its parent."""
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
                found: dict[str, dict[str, str]] = json.loads(Path(path).read_text(encoding="utf-8"))
                return found
        except (MlflowException, OSError):  # a store says that it has none in one way or another
            continue
    return {}
