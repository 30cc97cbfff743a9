"""A study's champion as the tracking server has it: its run, and what its model does on the held-out rows."""

from dataclasses import dataclass

from mlflow.entities import Run

from steps.names import Artifact
from steps.tracking import artifact_store, evaluation
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
    run_id = champion.info.run_id
    try:
        files = artifact_store.sizes(run_id)
        if Artifact.EVALUATION not in files:
            return NOTHING
        if files[Artifact.EVALUATION] > _MOST_BYTES:
            return ModelRecord(problem=f"it has more than {_MOST_BYTES:,} bytes")
        return ModelRecord(evaluation.parse(artifact_store.text(run_id, Artifact.EVALUATION)))
    except (OSError, ValueError) as error:
        return ModelRecord(problem=str(error).partition("\n")[0])
