"""A study as the tracking server has it: its trials by rank, the best of them, what the champion is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlflow.entities import Run
from optuna.trial import TrialState

from steps.names import Tag
from steps.tuning.champion import contest
from steps.tuning.report import champion_record
from steps.tuning.report.champion_record import ModelRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.search.search import Outcome
from steps.tuning.search.stopping import BestTrials
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult


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
