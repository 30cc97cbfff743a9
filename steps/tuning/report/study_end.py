"""Why a study has ended, in words."""

from steps.tuning.report.wording import counted, duration, rounded
from steps.tuning.search import stopping
from steps.tuning.study_plan import StudyPlan


def why(plan: StudyPlan, stopped_by: str | None, trials: int) -> str:
    """Say why a study ended after so many trials; `stopped_by` is one of `stopping`, None while it goes on."""
    settings, number = plan.settings, counted(trials, "trial")
    is_cut = trials < settings.n_trials
    after = f"after {trials:,} of {counted(settings.n_trials, 'trial')}" if is_cut else f"after {number}"
    waited = counted(settings.patience or 0, "trial")
    words = {
        stopping.N_TRIALS: f"All of its {number} have ended" if trials != 1 else "Its one trial has ended",
        stopping.EXHAUSTED: f"Every point of the search space was tried, in {number}",
        stopping.PATIENCE: f"It ended {after}, since {waited} in a row brought no improvement (patience)",
        stopping.TARGET: f"It reached its target of {rounded(settings.target_value or 0.0)} {after}",
        stopping.TIMEOUT: f"Its time of {duration(settings.timeout_s or 0.0)} (timeout_s) was up {after}",
        stopping.FAILURES: f"It ended {after}, since too many failed (max_failures)",
        stopping.REFUSED: f"It ended {after}, since every other would have failed alike",
        stopping.SIGNAL: f"It was interrupted {after}",
        None: f"It was still running when this was written, {after}",
    }
    return words.get(stopped_by, f"It was stopped by {stopped_by} {after}")
