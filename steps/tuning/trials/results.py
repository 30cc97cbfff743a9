"""The results of a study so far: trials are judged in the order of their numbers, whatever order they end in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from optuna.trial import TrialState

from steps.errors import NoTrialFinished
from steps.parameters.option import option
from steps.tuning.search import stopping
from steps.tuning.search.constraints import Constraint, broken
from steps.tuning.search.objective import sign_of
from steps.tuning.search.stopping import StopRules
from steps.tuning.trials import rung
from steps.tuning.trials.trial import TrialResult


@dataclass(frozen=True)
class StudyResult:
    """The result of a study that has ended: why it ended, its trials by number, the best of them, its baselines.

    `best` has one trial or, with two objectives, the Pareto front. `why_failed` is set if failures ended the study.
    `none_feasible` says so if trials have scores, and each breaks a constraint.
    """

    stopped_by: str
    trials: Mapping[int, TrialResult]
    best: Mapping[int, TrialResult]
    baselines: list[TrialResult]
    why_failed: str = ""
    none_feasible: str = ""


@dataclass
class Results:
    """The trials that have ended, by number, and the baselines; trials 0 … `judged` - 1 have been judged.

    `stopped_by` says why the study is to end, None while it goes on. `try_first` asks for one run that does well before
    any other is launched beside it. `goes_on`: on a higher rung a trial may go on from its checkpoint.
    """

    rules: StopRules
    try_first: bool = False
    constraints: Sequence[Constraint] = ()
    goes_on: bool = False
    trials: dict[int, TrialResult] = field(default_factory=dict)
    baselines: list[TrialResult] = field(default_factory=list)
    judged: int = 0
    stopped_by: str | None = None
    _refused: TrialResult | None = None  # what ended the study
    _seconds: dict[int, float] = field(default_factory=dict)  # by the place of a trial that was the best

    @property
    def is_trying(self) -> bool:
        """Tell whether one run at a time is launched, since none has a score yet."""
        return self.try_first and not any(
            ended.outcome.values or ended.may_go_on for ended in (*self.baselines, *self.trials.values())
        )

    def check_try(self, result: TrialResult) -> None:
        """Have the study end if a child that has just ended was a try, and failed.

        A baseline ends it only for want of an objective: it may lack a parameter that trials have.
        """
        if not self.is_trying:
            return
        if result.job.number is None and result.misses_objective:
            self.stopped_by, self._refused = stopping.REFUSED, result
        elif result.job.number is not None and result.outcome.state == TrialState.FAIL:
            self.rules.ends_at_failure = True

    def judge_next(self) -> bool:
        """Judge the next trial if it has ended and the study goes on; tell whether there was one."""
        if self.stopped_by is not None or self.judged not in self.trials:
            return False
        result = self.trials[self.judged]
        self.stopped_by = self.rules.judge(
            self.judged,
            result.outcome.counts,
            failed=result.outcome.state == TrialState.FAIL,
            reason=result.reason,
            refused=bool(result.refusal),
            counts=not result.may_go_on,
        )
        if self.stopped_by == stopping.REFUSED:
            self._refused = result
        self.judged += 1
        return True

    def seconds_of_best(self) -> float | None:
        """Return how long the best trial so far took from its start, or any that has a score; None if none has."""
        best = next(iter(self.rules.best.trials), None)
        if best is None:  # a score of all of a budget
            best = next((number for number, result in self.trials.items() if result.outcome.values), None)
        if best is None:
            return None
        if best not in self._seconds:
            of = self.trials[best]
            parts = [each for each in self.trials.values() if self.goes_on and each.job.number == of.job.number]
            self._seconds[best] = sum(each.seconds for each in parts or [of])
        return self._seconds[best]

    def remove_unjudged(self) -> list[TrialResult]:
        """Remove and return the trials behind the last that was judged: the study has stopped before them."""
        return [self.trials.pop(number) for number in sorted(self.trials) if number >= self.judged]

    def study_result(self) -> StudyResult:
        """Return the result of a study that has ended.

        A timeout or a signal leaves a gap where a trial was ended; the trials behind the gap count here.
        Raises NoTrialFinished if no trial has a score, unless a signal ended the study.
        """
        assert self.stopped_by is not None
        for number in sorted(self.trials):
            if number >= self.judged:
                self.rules.judge(number, self.trials[number].outcome.counts)
        best = rung.by_trial({place: self.trials[place] for place in self.rules.best.trials})
        best = best or rung.furthest(self.trials, sign_of(self.rules.best.directions[0]))
        none_feasible = "" if best else self._nearest()
        if not best and not none_feasible and self.stopped_by != stopping.SIGNAL:
            raise NoTrialFinished(self._why_none_finished(), stopped_by=self.stopped_by)
        failures = self.stopped_by == stopping.FAILURES
        why_failed = f"{self.rules.many_failed}; {self._commonest_failure('all {} failures')}" if failures else ""
        trials = rung.by_trial(self.trials)
        return StudyResult(self.stopped_by, trials, best, self.baselines, why_failed, none_feasible)

    def _nearest(self) -> str:
        """Say that no trial with a score keeps the constraints, and which comes nearest; empty if none has a score."""
        scored = [result for result in self.trials.values() if result.outcome.values]
        if not scored:
            return ""
        nearest = min(scored, key=lambda result: sum(max(0.0, over) for over in result.outcome.excess))
        return (
            f"no trial keeps the constraints, of {len(scored)} with a score; the nearest, trial {nearest.job.number}, "
            f"breaks {broken(self.constraints, nearest.outcome.excess)} (run {nearest.run_id})"
        )

    def _why_none_finished(self) -> str:
        if self._refused is not None:
            return _what_was_refused(self._refused)
        if not any(result.reason for result in self.trials.values()):
            return f"no trial finished: stopped by {self.stopped_by}"
        return f"none of {len(self.trials)} trials finished; {self._commonest_failure()}"

    def _commonest_failure(self, them: str = "them") -> str:
        """Say the commonest reason of the failed trials, and the last lines of the first that failed so.

        `them` says of whom; braces in it become their number.
        """
        failed = [result for result in self.trials.values() if result.reason]
        reason, count = Counter(result.reason for result in failed).most_common(1)[0]
        first = next(result for result in failed if result.reason == reason)
        lines = "\n".join(f"    {line}" for line in first.stderr.splitlines())
        return f"{count} of {them.format(len(failed))}: {reason} (run {first.run_id})\n{lines}"


def _what_was_refused(result: TrialResult) -> str:
    """Say what the script refused, or did not log, and how to mend it."""
    other = (
        f"give another {option('objective')}, or {option('constraint')}, or correct"
        if result.misses_objective
        else f"correct {option('space')}, or"
    )
    which = "the baseline" if result.job.number is None else f"trial {result.job.number}"
    return f"{result.refusal}: every trial would fail; {other} the script\n    {which}, run {result.run_id}" + (
        "" if result.misses_objective else f": {result.reason}"
    )
