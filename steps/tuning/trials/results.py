"""What has come of a study's trials so far, judged in the order of their numbers whatever order they end in."""

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
    """A study that has ended: why, and the trials that count, by number; the best of them; the baselines.

    `best` is one trial, or the front where there are two objectives.
    """

    stopped_by: str
    trials: Mapping[int, TrialResult]
    best: Mapping[int, TrialResult]
    baselines: list[TrialResult]
    why_failed: str = ""  # where failures in a row ended it


@dataclass
class Results:
    """The trials that have ended, by number, and the baselines; `judged` of the trials, one after another, are judged.

    `stopped_by` says why the study is to end, None while it goes on.
    """

    stop: StopRules
    trials: dict[int, TrialResult] = field(default_factory=dict)
    baselines: list[TrialResult] = field(default_factory=list)
    judged: int = 0
    stopped_by: str | None = None

    def judge(self) -> bool:
        """Judge the next trial, if it has ended and the study goes on; tell whether there was one."""
        if self.stopped_by is not None or self.judged not in self.trials:
            return False
        outcome = self.trials[self.judged].outcome
        self.stopped_by = self.stop.judge(self.judged, outcome.values, failed=outcome.state == TrialState.FAIL)
        self.judged += 1
        return True

    def cut(self) -> list[TrialResult]:
        """Take out and return the trials that ended behind the last that was judged: the study goes without them."""
        return [self.trials.pop(number) for number in sorted(self.trials) if number >= self.judged]

    def result(self) -> StudyResult:
        """Return what a study has come to that has ended. Raises NoTrialFinished where no trial has a score.

        One that a signal ended may have none.
        """
        assert self.stopped_by is not None
        for number in sorted(self.trials):  # those behind one that was cut off
            if number >= self.judged:
                self.stop.judge(number, self.trials[number].outcome.values)
        best = {number: self.trials[number] for number in self.stop.best.trials}
        if not best and self.stopped_by != stopping.SIGNAL:
            raise NoTrialFinished(self._why_none())
        why = self._why_failed() if self.stopped_by == stopping.FAILURES else ""
        return StudyResult(self.stopped_by, dict(sorted(self.trials.items())), best, self.baselines, why)

    def _why_none(self) -> str:
        if not any(ended.reason for ended in self.trials.values()):
            return f"no trial finished: stopped by {self.stopped_by}"
        return f"none of {len(self.trials)} trials finished; {self._why_failed()}"

    def _why_failed(self) -> str:
        """Say the commonest reason of the trials that failed, and what one of them wrote last."""
        failed = [ended for ended in self.trials.values() if ended.reason]
        reason, count = Counter(ended.reason for ended in failed).most_common(1)[0]
        first = next(ended for ended in failed if ended.reason == reason)
        lines = "\n".join(f"    {line}" for line in first.stderr.splitlines())
        return f"{count} of them: {reason} (run {first.run_id})\n{lines}"
