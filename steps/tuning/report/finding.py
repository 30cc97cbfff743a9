"""What a study has found, in a sentence: the same words on the terminal, the page and the run's description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from optuna.trial import TrialState

from steps.names import Metric
from steps.tuning.champion import contest
from steps.tuning.report.held_out_gain import DIGITS, Gain, gain_of
from steps.tuning.report.wording import apart, counted, joined, rounded
from steps.tuning.search.objective import Objective
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import Job, TrialResult

_NOTHING = "Tuning gained nothing"
_ENDED = {TrialState.FAIL: "failed", TrialState.PRUNED: "pruned"}


@dataclass(frozen=True)
class Finding:
    """What is known of a study's result: its best trials, its baselines, how many trials ended in each state.

    `scored` trials have a score, whether they keep the constraints or not. `champion` says what was run once more,
    empty if nothing was; `estimator` and `metrics` are those of its run. `is_confirmed`: fresh folds chose it.
    `is_over`: the study has ended.
    """

    plan: StudyPlan
    best: Sequence[TrialResult]
    baselines: Sequence[TrialResult]
    states: Mapping[TrialState, int]
    scored: int = 0
    champion: str = ""
    estimator: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    is_confirmed: bool = False
    is_over: bool = True

    def sentence(self) -> str:
        """Say what the study has found."""
        if not self.best:
            return self._of_none()
        said = self._of_the_front() if len(self.plan.objectives) > 1 else self._of_the_best()
        return said if self.is_over else f"So far: {said[0].lower()}{said[1:]}"

    @property
    def _shown(self) -> str:
        return shown(self.plan.objectives[0], self.plan)

    @property
    def _trials(self) -> str:
        return counted(sum(self.states.values()), "trial")

    def _of_none(self) -> str:
        if self.scored:
            bounds = joined([constraint.text for constraint in self.plan.constraints])
            each = f"each of {self.scored:,} with a score" if self.scored > 1 else "the only one with a score"
            return f"No trial keeps {bounds}: {each} breaks a constraint."
        yet = "" if self.is_over else " yet"
        ends = [f"{number:,} {word}" for state, word in _ENDED.items() if (number := self.states.get(state, 0))]
        return f"No trial has finished{yet}{': ' if ends else ''}{joined(ends)}."

    def _of_the_front(self) -> str:
        names = [objective.name for objective in self.plan.objectives]
        columns = zip(*(each.outcome.values for each in self.best), strict=True)
        if len(self.best) == 1:
            scores = joined([f"{name} {rounded(value)}" for name, (value,) in zip(names, columns, strict=True)])
            said = f"Trial {self.best[0].job.number} is the best of {self._trials} in both objectives: {scores}."
        else:
            ranges = [
                f"{name} from {rounded(min(values))} to {rounded(max(values))}"
                for name, values in zip(names, columns, strict=True)
            ]
            said = f"{len(self.best)} of {self._trials} are on the front, none of them the best in both objectives: "
            said += f"{joined(ranges)}."
        picked, gain = self._first(), gain_of(self.plan, self.metrics)
        if picked and not contest.is_trial(picked):
            return f"{said} By {self.plan.settings.pick}, no trial scores better than {picked}{self._follows(picked)}."
        return said if gain is None else f"{said} {self._of_held_out(gain)}"

    def _first(self) -> str:
        """Name the champion, or what would be; nothing where nothing judges between two objectives."""
        winner = contest.winner(self.plan, self.best, self.baselines)
        return self.champion or (contest.name_of(winner.job, self.plan) if winner else "")

    def _follows(self, name: str) -> str:
        is_it = "it is" if name == contest.DUMMY else "they are"
        return f", so {is_it} the champion" if self.champion else ""

    def _of_the_best(self) -> str:
        score = self.best[0].value or 0.0
        first = self._first()
        if not contest.is_trial(first):
            return self._of_what_is_ahead(first, score)
        gain = gain_of(self.plan, self.metrics)
        return self._of_the_search(score) if gain is None else self._of_held_out(gain)

    def _of_what_is_ahead(self, name: str, score: float) -> str:
        """Say that no trial is the best."""
        follows = self._follows(name)
        if self.is_confirmed:
            sure = f"on fresh folds no trial is better than {name} by more than its standard error"
            return f"{_NOTHING} that is sure: {sure}{follows}."
        knows = ", which knows nothing of the features" if name == contest.DUMMY else ""
        rivals = contest.rivals(self.plan, self.baselines)
        others = [each.value for each in rivals if contest.name_of(each.job, self.plan) == name]
        ours, theirs = apart(score, others[0] or 0.0) if others else (rounded(score), "")
        scores = f" ({self._shown} {ours} against {theirs})" if theirs else ""
        return f"{_NOTHING}: no trial scores better than {name}{knows}{scores}{follows}."

    def _of_held_out(self, gain: Gain) -> str:
        metric, whose = self.plan.settings.metric, contest.name_of(Job(None, self.estimator), self.plan)
        if gain.value == 0:
            both = rounded(self.metrics.get(Metric.test(metric), 0.0))
            return f"{_NOTHING} that shows on held-out rows: {metric} is {both} there, with {whose} too."
        by = f"{rounded(abs(gain.rise), DIGITS)} {'higher' if gain.rise > 0 else 'lower'}"
        differs = f"on held-out rows: {metric} is {by} there than with {whose}"
        if gain.low is None or gain.high is None:
            return f"Tuning {'gained' if gain.value > 0 else 'lost'} {differs}; these rows can't tell how sure that is."
        if gain.low > 0:
            return f"Tuning gained {differs} ({gain.interval})."
        if gain.high < 0:
            return f"Tuning lost {differs} ({gain.interval}); prefer the defaults."
        return f"{_NOTHING} that shows {differs}, and the interval of the gain includes 0 ({gain.interval})."

    def _of_the_search(self, score: float) -> str:
        """Say what was gained by the scores that the trials were chosen by."""
        rivals = [each for each in self.baselines if each.value is not None]
        if not rivals:
            return (
                f"The best of {self._trials} has {self._shown} {rounded(score)}; no defaults were run to compare with."
            )
        first = contest.ranked(self.plan, rivals)[0]
        whose, other = contest.name_of(first.job, self.plan), first.value or 0.0
        ours, theirs = apart(score, other)
        competes = first in contest.rivals(self.plan, self.baselines)
        if score == other and competes:
            return f"{_NOTHING}: the best of {self._trials} scores as {whose}, {self._shown} {ours}."
        if self.plan.objectives[0].sign * (score - other) <= 0:  # they break a constraint, or may be of other data
            return f"The best of {self._trials} has {self._shown} {ours}; {whose}, which don't compete, have {theirs}."
        verb = "raised" if score > other else "lowered"
        where = " in cross-validation, on the folds that trials were chosen by" if self.plan.is_folded else ""
        return f"Tuning {verb} {self._shown} from {theirs}, with {whose}, to {ours}{where}."


def shown(objective: Objective, plan: StudyPlan) -> str:
    """Return an objective's name, of `train` without what all its scores begin with."""
    return objective.name.removeprefix(Metric.cv("")) if plan.entry.runs_train else objective.name
