"""A study's champion as the tracking server has it: its run, and what its model does on the held-out rows."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.names import Artifact
from steps.tracking import evaluation
from steps.tracking.evaluation import HeldOutEvaluation

# What somebody else's entry point logs under that name may be anything.
_MOST_BYTES = 10 * evaluation.MOST_BYTES


@dataclass(frozen=True)
class ModelRecord:
    """What a model does on its held-out rows, if its run has it on record; `problem` says why that can't be shown."""

    evaluation: HeldOutEvaluation | None = None
    problem: str = ""


NOTHING = ModelRecord()


def of_model(champion: Run | None) -> ModelRecord:
    """Read it from a champion's run; of one that has logged no such artifact there is nothing to tell."""
    if champion is None:
        return NOTHING
    client, run_id = MlflowClient(), champion.info.run_id
    try:
        files = {file.path: file.file_size or 0 for file in client.list_artifacts(run_id)}
        if Artifact.EVALUATION not in files:
            return NOTHING
        if files[Artifact.EVALUATION] > _MOST_BYTES:
            return ModelRecord(problem=f"it has more than {_MOST_BYTES:,} bytes")
        with tempfile.TemporaryDirectory(prefix="tune-") as folder:
            path = client.download_artifacts(run_id, Artifact.EVALUATION, folder)
            return ModelRecord(evaluation.parse(Path(path).read_text(encoding="utf-8")))
    except (MlflowException, OSError, ValueError) as error:  # stores raise either of the first two
        return ModelRecord(problem=str(error).partition("\n")[0])
