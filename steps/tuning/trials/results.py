"""The results of a study so far: trials are judged in the order of their numbers, whatever order they end in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from optuna.trial import TrialState

from steps.errors import NoTrialFinished
from steps.tuning.search import stopping
from steps.tuning.search.stopping import StopRules
from steps.tuning.trials.trial import TrialResult


@dataclass(frozen=True)
class StudyResult:
    """The result of a study that has ended: why it ended, its trials by number, the best of them, its baselines.

    `best` has one trial or, with two objectives, the Pareto front. `why_failed` is set if failures in a row ended the
    study.
    """

    stopped_by: str
    trials: Mapping[int, TrialResult]
    best: Mapping[int, TrialResult]
    baselines: list[TrialResult]
    why_failed: str = ""


@dataclass
class Results:
    """The trials that have ended, by number, and the baselines; trials 0 … `judged` - 1 have been judged.

    `stopped_by` says why the study is to end, None while it goes on.
    """

    rules: StopRules
    trials: dict[int, TrialResult] = field(default_factory=dict)
    baselines: list[TrialResult] = field(default_factory=list)
    judged: int = 0
    stopped_by: str | None = None

    def judge_next(self) -> bool:
        """Judge the next trial if it has ended and the study goes on; tell whether there was one."""
        if self.stopped_by is not None or self.judged not in self.trials:
            return False
        result = self.trials[self.judged]
        self.stopped_by = self.rules.judge(
            self.judged,
            result.outcome.values,
            failed=result.outcome.state == TrialState.FAIL,
            refused=bool(result.refusal),
        )
        self.judged += 1
        return True

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
                self.rules.judge(number, self.trials[number].outcome.values)
        best = {number: self.trials[number] for number in self.rules.best.trials}
        if not best and self.stopped_by != stopping.SIGNAL:
            raise NoTrialFinished(self._why_none_finished())
        why_failed = self._commonest_failure() if self.stopped_by == stopping.FAILURES else ""
        return StudyResult(self.stopped_by, dict(sorted(self.trials.items())), best, self.baselines, why_failed)

    def _why_none_finished(self) -> str:
        if self.stopped_by == stopping.REFUSED:
            return self._what_was_refused()
        if not any(result.reason for result in self.trials.values()):
            return f"no trial finished: stopped by {self.stopped_by}"
        return f"none of {len(self.trials)} trials finished; {self._commonest_failure()}"

    def _what_was_refused(self) -> str:
        """Say what the script refused, or did not log, and how to mend it."""
        result = self.trials[self.judged - 1]
        misses_objective = result.refusal == result.reason
        remedy = "give another --objective, or mend the script" if misses_objective else "mend --space, or the script"
        return (
            f"{result.refusal}: every trial would fail so; {remedy}\n"
            f"    trial {result.job.number}, run {result.run_id}: {result.reason}"
        )

    def _commonest_failure(self) -> str:
        """Say the commonest reason of the failed trials, and the last lines of the first that failed so."""
        failed = [result for result in self.trials.values() if result.reason]
        reason, count = Counter(result.reason for result in failed).most_common(1)[0]
        first = next(result for result in failed if result.reason == reason)
        lines = "\n".join(f"    {line}" for line in first.stderr.splitlines())
        return f"{count} of them: {reason} (run {first.run_id})\n{lines}"
