"""A study as the tracking server has it, for the page and the files; the tuner's own state is not needed."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import mlflow
import optuna
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from steps.names import Artifact, Role, State, Tag
from steps.patches import optuna as optuna_patch
from steps.project import environment
from steps.tracking import own_tags, read
from steps.tuning.champion import contest
from steps.tuning.report import champion_record
from steps.tuning.report.champion_record import ModelRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.search.search import Outcome
from steps.tuning.search.stopping import BestTrials
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import SETTLED, Job, TrialResult


@dataclass(frozen=True)
class StudyRecord:
    """A study: its newest parent run, its ended trials in order, its scored baselines, and the champion's run.

    `environment` describes in one line what the trials run in. `model` has what the champion's model does.
    """

    plan: StudyPlan
    name: str
    parent: Run
    trials: Sequence[TrialRecord]
    champion: Run | None
    environment: str
    baselines: Sequence[TrialResult] = ()
    model: ModelRecord = champion_record.NOTHING

    @property
    def ranked(self) -> Sequence[TrialRecord]:
        """Return the finished trials by the first objective, the best first; equals stay in order of their numbers.

        If trials are promoted and none had all of its budget, those count that got furthest.
        """
        sign = self.plan.objectives[0].sign
        finished = [
            trial for trial in self.trials if trial.state == TrialState.COMPLETE and trial.values and trial.is_feasible
        ]
        finished = finished or (self._furthest() if self.plan.fidelity is not None else [])
        return sorted(finished, key=lambda trial: -sign * trial.values[0])

    @property
    def front(self) -> Sequence[TrialRecord]:
        """Return the best trials: the best one or, with two objectives, all that no other is better than in both."""
        best = BestTrials(tuple(objective.direction for objective in self.plan.objectives))
        for trial in self.trials:
            if trial.values and trial.is_feasible:
                best.add(trial.number, trial.values)
        if len(self.plan.objectives) == 1:
            return self.ranked[:1]
        return [trial for trial in self.ranked if trial.number in best.trials]

    @property
    def as_a_table(self) -> Sequence[TrialRecord]:
        """Return all trials: the best ones first, the others that have a score by that, the rest by their numbers."""
        first = dict.fromkeys(trial.number for trial in (*self.front, *self.ranked))
        by_number = {trial.number: trial for trial in self.trials}
        return [*(by_number[number] for number in first), *(t for t in self.trials if t.number not in first)]

    def _furthest(self) -> list[TrialRecord]:
        scored = [trial for trial in self.trials if trial.state == TrialState.PRUNED and trial.steps]
        most = max((max(trial.steps) for trial in scored), default=0)
        return [replace(trial, values=(trial.steps[most],)) for trial in scored if most in trial.steps]

    @property
    def best(self) -> TrialRecord | None:
        """Return the best trial, the first of equals; None with several objectives."""
        return self.ranked[0] if len(self.plan.objectives) == 1 and self.ranked else None

    @property
    def winner(self) -> TrialResult | None:
        """Return what the champion runs or, before it has run, would run; None without a best trial."""
        if self.best is None:
            return None
        trials = [self.as_result(trial) for trial in self.ranked]
        first = contest.winner(self.plan, trials[:1], self.baselines)
        if self.champion is None:
            return first
        name = self.champion.data.tags.get(Tag.CHAMPION_IS)
        every = [*trials, *contest.rivals(self.plan, self.baselines)]
        return next((each for each in every if contest.name_of(each.job, self.plan) == name), first)

    @property
    def stopped_by(self) -> str | None:
        """Return why it ended, one of `stopping`; None while it goes on."""
        return self.parent.data.tags.get(Tag.STOPPED_BY)

    @property
    def result(self) -> StudyResult:
        """Return its result as the tuner itself has it: that so far, while it goes on."""
        results = {trial.number: self.as_result(trial) for trial in self.trials}
        best = {trial.number: self.as_result(trial) for trial in self.front}
        return StudyResult(self.stopped_by or "", results, best, list(self.baselines))

    def as_result(self, trial: TrialRecord) -> TrialResult:
        """Return a trial as the tuner itself has it."""
        hyperparameters = dict(trial.recorded)
        several = len(self.plan.estimators) > 1
        # A script may have a hyperparameter of that name.
        path = hyperparameters.pop("estimator", None) if several else next(iter(self.plan.estimators.values()))
        outcome = Outcome(trial.state, trial.values, excess=trial.excess)
        return TrialResult(Job(trial.number, path, hyperparameters), trial.run_id, outcome)

    def feasibility(self, trial: TrialRecord) -> list[str]:
        """Return what a table's column says of a trial: whether it keeps the constraints; no column without any."""
        if not self.plan.constraints:
            return []
        return [("yes" if trial.is_feasible else "no") if trial.values else ""]

    def count(self, state: TrialState) -> int:
        """Return how many trials ended in a state."""
        return sum(trial.state == state for trial in self.trials)


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


def as_optuna_study(
    record: StudyRecord, storage: RDBStorage | None = None, told: Callable[[int], None] = lambda _: None
) -> optuna.Study:
    """Make an Optuna study of the trials, in memory or in a storage; trials outside the space are left out.

    `told` is told now and then how many trials are done.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    directions = [StudyDirection[objective.direction.upper()] for objective in record.plan.objectives]
    study = optuna.create_study(study_name=record.name, directions=directions, storage=storage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # metric names have been experimental since 3.2
        study.set_metric_names([objective.name for objective in record.plan.objectives])
    distributions = record.plan.space.distributions
    found = (_frozen(trial, record.plan, distributions) for trial in record.trials)
    trials = [trial for trial in found if trial is not None]
    if storage is None:
        study.add_trials(trials)
    else:
        optuna_patch.add_trials(study, storage, trials, told)
    return study


def _frozen(trial: TrialRecord, plan: StudyPlan, distributions: Mapping[str, BaseDistribution]) -> FrozenTrial | None:
    params = plan.params(trial.recorded)
    if params is None:
        return None
    frozen = create_trial(
        state=trial.state,
        params=params,
        distributions={name: distributions[name] for name in params},
        values=trial.values or None,
        intermediate_values=dict(trial.steps),
        constraints={each.text: over for each, over in zip(plan.constraints, trial.excess, strict=False)},
        user_attrs={"run_id": trial.run_id, **({"reason": trial.reason} if trial.reason else {})},
    )
    frozen.datetime_start, frozen.datetime_complete = _time(trial.start), _time(trial.end)
    return frozen


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000)  # local and without a zone, as Optuna keeps times
