"""Build the report and the files beside it from what the tracking server has, and log them to the study's run.

This runs in a process of its own, forked from the launcher, so the tuner's loop never waits for it and never imports
plotly.
"""

import importlib
import os
import tempfile
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from steps.names import Artifact
from steps.tuning.study_plan import StudyPlan

# The report yields the processor to the trials.
_NICE = 10
# Modules that Optuna and plotly would import at the first picture.
_DRAWING = ("optuna.visualization", "plotly.graph_objs", "plotly.io")
# What the tuner sends: build, build for the last time, end.
NOW, FINAL, END = "now", "final", "end"


def serve(connection: Connection, plan: StudyPlan, study: str, run_id: str) -> None:
    """Build whenever asked to; answer with an empty text, or with a sentence that says what went wrong."""
    os.nice(_NICE)
    warnings.simplefilter("ignore")
    for name in ("steps.tuning.report.page", *_DRAWING):  # takes seconds, better now than at an interrupt
        importlib.import_module(name)
    while (asked := connection.recv()) != END:
        try:
            build(plan, study, run_id, final=asked == FINAL)
            connection.send("")
        except Exception as error:  # whatever went wrong, the study goes on without a report
            connection.send(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")


def build(plan: StudyPlan, study: str, run_id: str, *, final: bool) -> None:
    """Build everything once; study.db only if this is `final`, at a study's normal end."""
    # Imported here, because plotly takes a second to import.
    from steps.tuning.report import files, page, study_record

    record = study_record.load(plan, study, run_id)
    client = MlflowClient()
    with tempfile.TemporaryDirectory(prefix="tune-") as name:
        folder = Path(name)
        texts = {
            Artifact.REPORT: page.html(record),
            Artifact.TRIALS: files.trials_csv(record),
            Artifact.BEST: files.best_yaml(record),
        }
        for file, text in texts.items():
            if text:
                (folder / file).write_text(text, encoding="utf-8")
        client.log_artifacts(run_id, name)
    lines = "\n".join(f"- **{_escape(name)}**: {_escape(value)}" for name, value in page.headline(record))
    client.set_tag(run_id, MLFLOW_RUN_NOTE, f"{lines}\n\nAll of it is in the artifact `{Artifact.REPORT}`.")
    if final:  # last, since thousands of trials take a minute
        with tempfile.TemporaryDirectory(prefix="tune-") as name:
            client.log_artifact(run_id, str(files.study_db(record, Path(name))))


def _escape(text: str) -> str:
    """Escape the characters that have a meaning in Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in text)
