"""What the description of a study's run says as soon as its trials have ended; the report, if wanted, says more there.

Before, it may say that the study was still running, and a study that is interrupted may leave no time for a report.
"""

from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from steps.errors import NoTrialFinished
from steps.names import Tag
from steps.tracking.run_note import escaped
from steps.tracking.whole import TAG_LENGTH
from steps.tracking.write import record
from steps.tuning.champion.champion import Champion
from steps.tuning.report import study_end, study_finding
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.results import StudyResult


def write(plan: StudyPlan, result: StudyResult, champion: Champion | None, run_id: str) -> None:
    """Write what was found, and why the study has ended."""
    ended = study_end.why(plan, result.stopped_by, len(result.trials))
    _write(run_id, f"**{escaped(study_finding.of_result(plan, result, champion).sentence())}** {escaped(ended)}.")


def write_failure(error: NoTrialFinished, run_id: str) -> None:
    """Write why no trial has finished, and what has ended the study."""
    why = error.problems[0].partition("\n")[0]
    _write(run_id, f"**No trial has finished.** {escaped(why)}", **{Tag.STOPPED_BY: error.stopped_by})


def _write(run_id: str, text: str, **tags: str) -> None:
    record(run_id, tags={**tags, MLFLOW_RUN_NOTE: text[:TAG_LENGTH]})
