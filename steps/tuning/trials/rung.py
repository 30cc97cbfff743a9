"""A trial that is evaluated several times, each time with more of its budget: what a child of it is told and tells."""

import dataclasses
from collections.abc import Mapping

from optuna.trial import TrialState

from steps.tuning.search.halving_search import AnySearch
from steps.tuning.search.promotion import Fidelity
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Outcome
from steps.tuning.trials.trial import Job, Rung, TrialResult


def put(job: Job, search: AnySearch, fidelity: Fidelity | None, before: Mapping[int, TrialResult]) -> Job:
    """Return the job of a trial that was just asked for, on its rung; as it is without a fidelity.

    Its budget is among its hyperparameters, so it is on record as they are. `before` has the results so far.
    """
    on = search.evaluation
    if fidelity is None or on is None:
        return job
    budget = fidelity.budgets[on.rung]
    below = None if on.below is None else before[on.below]
    rung = Rung(
        search.asked - 1,
        fidelity.name,
        budget,
        budget == fidelity.high,
        "" if below is None else below.run_id,
        () if below is None else below.outcome.steps,
    )
    return dataclasses.replace(job, hyperparameters={**job.hyperparameters, fidelity.name: budget}, rung=rung)


def outcome(job: Job, values: tuple[float, ...], reported: Steps) -> Outcome:
    """Return how a child has ended that did its work: COMPLETE, below the top rung PRUNED; each rung is a step."""
    rung = job.rung
    if rung is None:
        return Outcome(TrialState.COMPLETE, values, tuple(reported))
    steps = (*rung.steps, (rung.budget, values[0]))
    return Outcome(TrialState.COMPLETE, values, steps) if rung.is_top else Outcome(TrialState.PRUNED, (), steps)


def by_trial(results: Mapping[int, TrialResult]) -> dict[int, TrialResult]:
    """Return results by the trials' numbers, of each the one of its last evaluation, which goes furthest."""
    last = {result.job.number: result for _, result in sorted(results.items())}
    return {number: last[number] for number in sorted(number for number in last if number is not None)}


def furthest(results: Mapping[int, TrialResult], sign: int) -> dict[int, TrialResult]:
    """Return the best of the highest rung that was reached, as if that were the top; for a study that ended early.

    One that failed on a higher rung has failed, as the report has it, too.
    """
    scored = [result for result in by_trial(results).values() if result.may_go_on]
    best = max(
        scored, key=lambda result: (result.outcome.steps[-1][0], sign * result.outcome.steps[-1][1]), default=None
    )
    if best is None or best.job.number is None:
        return {}
    value = best.outcome.steps[-1][1]
    as_top = Outcome(TrialState.COMPLETE, (value,), best.outcome.steps)
    return {best.job.number: dataclasses.replace(best, outcome=as_top)}
