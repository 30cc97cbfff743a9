"""Settle a child that has ended, unless its end says nothing of the trial: then it is run again, or left for later."""

import sys
from collections.abc import Sequence

from mlflow.exceptions import MlflowException
from optuna.trial import TrialState

from steps.backends.submitted_run import is_transient
from steps.process.signals import Interrupts
from steps.tracking import deleted
from steps.tuning.search.search import Outcome
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.trial import DELETED, Adopted, Child, TrialResult


def settle(
    children: ChildRuns,
    interrupts: Interrupts,
    child: Child | Adopted,
    reported: Sequence[tuple[int, float]] = (),
    pruned_at: int | None = None,
    *,
    may_retry: bool,
) -> TrialResult:
    """Settle a child, see `ChildRuns.settle`.

    One that a signal to all processes of the study has ended, as systemd and Slurm send it, is STOPPED. One whose run
    somebody has deleted is run again, whatever `may_retry` says.
    """
    if isinstance(child, Child) and interrupts.noted and is_transient(child.failure() or ""):
        children.stop([child])
        return TrialResult(child.job, child.run_id, Outcome(TrialState.FAIL), child.failure() or "", retried=True)
    try:
        return children.settle(child, reported, pruned_at, may_retry=may_retry)
    except MlflowException as error:
        if not deleted.is_deleted(error, child.run_id):
            raise
    print(f"tune: run {child.run_id} was deleted: {children.name_of(child.job)} is run again", file=sys.stderr)
    return TrialResult(child.job, child.run_id, Outcome(TrialState.FAIL), DELETED, retried=True)
