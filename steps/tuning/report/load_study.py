"""Read a study from the tracking server, for the page and the files; the tuner's own state is not needed."""

import math

import mlflow
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.names import Artifact, Role, State, Tag
from steps.project import environment
from steps.tracking import own_tags, read
from steps.tuning.report import champion_record
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.search.search import Outcome
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import SETTLED, Job, TrialResult


def load(plan: StudyPlan, study: str, run_id: str) -> StudyRecord:
    """Read a study from the tracking server."""
    parent = MlflowClient().get_run(run_id)
    runs = read.find_runs([parent.info.experiment_id], f"tags.`{Tag.STUDY}` = '{study}'")
    of_trials = [run for run in runs if run.data.tags.get(Tag.ROLE) == Role.TRIAL]
    settled = [run for run in of_trials if run.data.tags.get(Tag.STATE) in SETTLED]
    # Where trials are promoted, that of the highest rung has the steps of those below.
    last = {run.data.tags.get(Tag.TRIAL): run for run in sorted(settled, key=_evaluation)}
    trials = [_trial(run, plan) for run in last.values()]
    champion = parent.data.tags.get(Tag.CHAMPION)
    of_champion = next((run for run in runs if run.info.run_id == champion), None)
    in_order = sorted(trials, key=lambda trial: trial.number)
    baselines = [result for run in runs if (result := _baseline(run, plan)) is not None]
    model = champion_record.of_model(of_champion)
    return StudyRecord(plan, study, parent, in_order, of_champion, _environment(plan, run_id), baselines, model)


def _environment(plan: StudyPlan, run_id: str) -> str:
    """Describe what trials run in; that of another project was recorded when the study was opened."""
    if plan.environment is None:
        return environment.summary()
    recorded = mlflow.artifacts.load_text(f"runs:/{run_id}/{Artifact.ENVIRONMENT}")
    return environment.summary_of_another(recorded, plan.environment.text)


def _evaluation(run: Run) -> int:
    return own_tags.whole_number(run, Tag.EVALUATION) if Tag.EVALUATION in run.data.tags else 0


def _trial(run: Run, plan: StudyPlan) -> TrialRecord:
    tags, state = run.data.tags, SETTLED[run.data.tags[Tag.STATE]]
    values = tuple(run.data.metrics.get(objective.name, math.nan) for objective in plan.objectives)
    reason = tags.get(Tag.REASON, "")
    if state == TrialState.COMPLETE and (lacking := _not_finite(run, plan)):
        state, reason = TrialState.FAIL, f"{lacking} is not on record as a finite number"
    complete = state == TrialState.COMPLETE
    start = own_tags.whole_number(run, Tag.STARTED) if Tag.STARTED in tags else run.info.start_time
    return TrialRecord(
        number=own_tags.whole_number(run, Tag.TRIAL),
        state=state,
        recorded=own_tags.from_json(run, Tag.PARAMS, dict),
        values=values if complete else (),
        run_id=run.info.run_id,
        start=start,
        end=max(start, run.info.end_time or start),  # the clock may have been set back meanwhile
        reason=reason,
        steps=dict(own_tags.steps(run)),
        command=tags.get(Tag.REPRODUCE, ""),
        excess=tuple(each.excess(run.data.metrics) for each in plan.constraints) if complete else (),
        last_step=own_tags.whole_number(run, Tag.PRUNED_AT) if Tag.PRUNED_AT in tags else None,
    )


def _not_finite(run: Run, plan: StudyPlan) -> str:
    """Name the first metric that a finished trial needs and lacks, if there is one: somebody may have deleted it."""
    scores = [objective.name for objective in plan.objectives]
    wrong = [name for name in scores if not read.is_finite(run.data.metrics.get(name, math.nan))]
    missing = [each.name for each in plan.measured if each.name not in run.data.metrics]
    return next(iter([*wrong, *missing]), "")


def _baseline(run: Run, plan: StudyPlan) -> TrialResult | None:
    tags = run.data.tags
    values = tuple(run.data.metrics.get(objective.name, math.nan) for objective in plan.objectives)
    is_one = tags.get(Tag.ROLE) == Role.BASELINE and tags.get(Tag.STATE) == State.COMPLETE
    if not is_one or not all(map(read.is_finite, values)):
        return None
    outcome = Outcome(TrialState.COMPLETE, values, excess=tuple(c.excess(run.data.metrics) for c in plan.constraints))
    return TrialResult(Job(None, tags.get(Tag.ESTIMATOR)), run.info.run_id, outcome)
