"""The tags by which a child's run says how it ended."""

import json
import time
from collections.abc import Sequence

from optuna.trial import TrialState

from steps.names import State, Tag
from steps.tracking import whole
from steps.tuning.search.constraints import Constraint, broken
from steps.tuning.trials.child_results import Taken
from steps.tuning.trials.trial import Adopted, Child, TrialResult


def of(
    ended: TrialResult, pruned_at: int | None, child: Child | Adopted, taken: Taken, constraints: Sequence[Constraint]
) -> dict[str, str]:
    """Return the tags of a child that has ended, its state among them; `pruned_at` is the step if it was pruned."""
    tags = {Tag.STATE: State.RETRIED if ended.retried else ended.outcome.state.name}
    if child.node is not None:  # only now is it known, and what the node has given it
        tags |= {Tag.NODE: child.node, **({Tag.DEVICE: child.device} if child.device else {})}
    if child.node is not None and isinstance(child, Child):  # its run began when it was queued
        tags[Tag.STARTED] = str(round((time.time() - child.age_s()) * 1000))
    if ended.outcome.state == TrialState.FAIL:
        tags |= {Tag.REASON: ended.reason, Tag.STDERR: ended.stderr}
    reported = json.dumps(ended.outcome.steps)
    if ended.outcome.steps and len(reported) <= whole.TAG_LENGTH:  # else a resumed study reads them from the metric
        tags[Tag.REPORTED] = reported
    if pruned_at is not None:
        tags[Tag.PRUNED_AT] = str(pruned_at)
    if taken.best_step:
        tags[Tag.BEST_STEP] = taken.best_step
    if not ended.outcome.is_feasible:
        tags[Tag.INFEASIBLE] = broken(constraints, ended.outcome.excess)
    return tags
