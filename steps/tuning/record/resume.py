"""The trials that the tracking server has on record of a study, for a start that goes on with it.

The server is the study's only state, and a study goes on by replay. Every ask is made again in its order, and Optuna is
told again what the child runs have on record. A trial that was cut off is run again in a new run, with the same number
and parameters.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mlflow.entities import Run
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Role, State, Tag
from steps.parameters.option import option
from steps.tracking import own_tags, read, whole
from steps.tuning.record import leftovers
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Outcome
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import SETTLED, Adopted, Job, TrialResult


@dataclass(frozen=True)
class History:
    """What is on record of a study's children.

    A child's run counts if it was settled, or did its work and only has to be settled. `trials` has those by number
    (where trials are promoted: by that of the evaluation), and `baselines` by their parameters, as JSON. Of each
    trial's other runs `cut_off` has the newest, of a baseline's by its estimator, and `retries` the number of those
    that had failed. `reruns` are the runs that ran a trial once more: confirmations and champions. `attempts` has, by
    the id of each run that retries another, that of the other.
    """

    trials: Mapping[int, Run] = field(default_factory=dict)
    cut_off: Mapping[int | str, Run] = field(default_factory=dict)
    baselines: Mapping[str, Run] = field(default_factory=dict)
    retries: Mapping[int, int] = field(default_factory=dict)
    reruns: Sequence[Run] = ()
    attempts: Mapping[str, str] = field(default_factory=dict)

    def recall(
        self,
        job: Job,
        recorded: Mapping[str, Any],
        objectives: Sequence[str],
        steps_of: Callable[[str], Steps] | None,
        constraints: Sequence[Constraint] = (),
    ) -> TrialResult | Adopted | None:
        """Return how a child ended, or the run that is to be settled; None if the child is to be run.

        `recorded` are the job's typed hyperparameters; raises WrongValue if the run on record has others. If there is a
        pruner, `steps_of` reads what it has seen of a run, by the run's id.
        """
        params = json.dumps(recorded)
        run = self.baselines.get(whole.in_tag(params)) if job.number is None else self.trials.get(job.place)
        if run is None:
            return None
        tags = run.data.tags
        is_same = job.number is None or tags.get(Tag.TRIAL) == str(job.number)
        if tags.get(Tag.PARAMS) not in (params, whole.in_tag(params)) or not is_same:
            raise WrongValue(
                f"{option('study', tags[Tag.STUDY])}: can't go on: trial {tags.get(Tag.TRIAL, job.number)} "
                f"tried {tags.get(Tag.PARAMS)} (run {run.info.run_id}), and would now try {params}; give "
                "another name"
                + ("" if job.rung is not None else f", or start from its trials with {option('warm_start')}")
            )
        if Tag.STATE not in tags:
            return Adopted(job, run.info.run_id)
        state = SETTLED[tags[Tag.STATE]]
        seen = () if steps_of is None else tuple(_seen_by_pruner(run, steps_of))
        outcome = Outcome(state, steps=seen)
        if state == TrialState.COMPLETE:
            metrics = run.data.metrics
            if lost := [name for name in (*objectives, *(c.metric.name for c in constraints)) if name not in metrics]:
                raise own_tags.wrong(run, Tag.STATE, f"another, since the run has no {' and no '.join(lost)}")
            excess = tuple(constraint.excess(metrics) for constraint in constraints)
            outcome = Outcome(state, tuple(metrics[name] for name in objectives), seen, excess)
        return TrialResult(job, run.info.run_id, outcome, tags.get(Tag.REASON, ""), tags.get(Tag.STDERR, ""))

    def recorded(self, number: int) -> dict[str, Any] | None:
        """Return the typed hyperparameters on record of a trial that counts."""
        run = self.trials.get(number)
        return None if run is None else own_tags.from_json(run, Tag.PARAMS, dict)

    def retry_of(self, job: Job) -> str | None:
        """Return the id of the run that was cut off in the same trial or baseline."""
        run = self.cut_off.get(job.estimator or "" if job.number is None else job.place)
        return None if run is None else str(run.info.run_id)


def _number(run: Run) -> int:
    """Return a trial's place in the study: where trials are promoted that of the evaluation, else its number."""
    return own_tags.whole_number(run, Tag.EVALUATION if Tag.EVALUATION in run.data.tags else Tag.TRIAL)


def earlier_parents(experiment_id: str, study: str, but: str) -> list[Run]:
    """List the parent runs of a study that were opened, the oldest first, but for the run `but`.

    Each names those before it; the clock may have been set back between two.
    """
    runs = read.find_runs([experiment_id], f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` = '{Role.STUDY}'")
    opened = [run for run in runs if run.info.run_id != but and Tag.IDENTITY in run.data.tags]
    return sorted(opened, key=lambda run: (len(run.data.tags.get(Tag.CONTINUES, "")), read.by_start(run)))


def load(experiment_id: str, study: str, plan: StudyPlan, earlier: Sequence[Run]) -> History:
    """Read what is on record of a study, and settle what its dead tuners left unsettled."""
    if not earlier:
        return History()
    trials: dict[int, Run] = {}
    cut_off: dict[int | str, Run] = {}
    baselines: dict[str, Run] = {}
    retries: Counter[int] = Counter()
    reruns: list[Run] = []
    attempts: dict[str, str] = {}
    runs = read.find_runs([experiment_id], f"tags.`{Tag.STUDY}` = '{study}'")
    for run in sorted(runs, key=read.by_start):
        tags = run.data.tags
        if Tag.RETRY_OF in tags:
            attempts[run.info.run_id] = tags[Tag.RETRY_OF]
        if tags.get(Tag.ROLE) in (Role.CONFIRMATION, Role.CHAMPION):
            if Tag.STATE not in tags:
                leftovers.settle(run)
            reruns.append(run)
        if tags.get(Tag.ROLE) not in (Role.TRIAL, Role.BASELINE):
            continue
        counts = tags.get(Tag.STATE) in SETTLED or (Tag.STATE not in tags and _did_its_work(run, plan))
        if not counts:
            leftovers.settle(run)
        if tags[Tag.ROLE] == Role.BASELINE:
            if counts:
                baselines[tags.get(Tag.PARAMS, "")] = run
            else:
                cut_off[tags.get(Tag.ESTIMATOR, "")] = run
            continue
        number = _number(run)
        (trials if counts else cut_off)[number] = run
        retries[number] += tags.get(Tag.STATE) == State.RETRIED
    return History(trials, cut_off, baselines, retries, reruns, attempts)


def with_all_trials(plan: StudyPlan, history: History, study: str) -> StudyPlan:
    """Return the plan of a study that has no fewer trials than are on record; say on stderr if there is none to run."""
    wanted, recorded = plan.settings.n_trials, max(history.trials, default=-1) + 1
    if plan.fidelity is not None:
        return plan
    if recorded > wanted:
        count = len(history.trials)
        says = f"has {count} trials on record, more than {option('n_trials', wanted)}: all of them count"
        if count < recorded:
            says += ", and what was cut off between them is run again"
        plan = replace(plan, settings=replace(plan.settings, n_trials=recorded))
    elif len(history.trials) == wanted:
        says = f"is complete: its {recorded} trials are on record; with a higher {option('n_trials')} it goes on"
    else:
        return plan
    print(f"tune: {option('study', study)}: {says}", file=sys.stderr)
    return plan


def _seen_by_pruner(run: Run, steps_of: Callable[[str], Steps]) -> Steps:
    """Return the steps that a pruner has seen of a run: by the run's tag or, if they were too long for it, its metric.

    The metric may have gone on behind the step at which the trial was pruned.
    """
    tags = run.data.tags
    if Tag.REPORTED in tags:
        return own_tags.steps(run)
    last = own_tags.whole_number(run, Tag.PRUNED_AT) if Tag.PRUNED_AT in tags else math.inf
    return [(step, value) for step, value in steps_of(run.info.run_id) if step <= last]


def _did_its_work(run: Run, plan: StudyPlan) -> bool:
    """Tell whether a run that nobody has settled carries its whole result.

    `train` logs its objective last of all. Another entry point may log it at each step, so its run must have ended too.
    """
    metrics = run.data.metrics
    scored = all(
        objective.logged in metrics if objective.is_derived else read.is_finite(metrics.get(objective.name, math.nan))
        for objective in plan.measured
    )
    return scored and (plan.entry.runs_train or run.info.status == "FINISHED")
