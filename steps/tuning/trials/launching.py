"""Launch a child; anew if somebody deletes its run in the moment between its creation and its start."""

from mlflow.exceptions import MlflowException

from steps.tracking import deleted
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Child, Job

# Somebody who deletes more of them in a row wants something else.
_TIMES = 5


def launch(children: ChildRuns, job: Job, place: Place, *, retry_of: str | None = None) -> Child:
    """Launch a child, see `ChildRuns.launch`."""
    for _ in range(_TIMES - 1):
        try:
            return children.launch(job, place, retry_of=retry_of)
        except MlflowException as error:
            if not deleted.is_of_child(error):
                raise
    return children.launch(job, place, retry_of=retry_of)
