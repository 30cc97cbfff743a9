"""Build the report and the files beside it, from what the tracking server has, and put them on the study's run.

The body of a process of its own, a fork of the forkserver: the tuner's loop never waits for it, nor imports what draws.
"""

import importlib
import os
import tempfile
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from steps.process import orphans
from steps.tuning.study_plan import StudyPlan

# It may take its time; the trials' is dearer.
_NICE = 10
# What Optuna and plotly import when they first draw.
_DRAWING = ("optuna.visualization", "plotly.graph_objs", "plotly.io")
# What it is asked for.
NOW, FINAL, END = "now", "final", "end"


def serve(connection: Connection, plan: StudyPlan, study: str, run_id: str) -> None:
    """Build whenever it is asked to; answer with nothing, or with the sentence that says what went wrong."""
    os.setsid()
    orphans.follow_parent()
    os.nice(_NICE)
    warnings.simplefilter("ignore")
    for name in ("steps.tuning.report.page", *_DRAWING):  # seconds, which then need not be waited for at an interrupt
        importlib.import_module(name)
    while (asked := connection.recv()) != END:
        try:
            build(plan, study, run_id, final=asked == FINAL)
            connection.send("")
        except Exception as error:  # whatever it is, the study goes on without a report
            connection.send(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")


def build(plan: StudyPlan, study: str, run_id: str, *, final: bool) -> None:
    """Build all, once; what only makes sense at a normal end where it is `final`."""
    # Imported here: what draws takes a second to import.
    from steps.tuning.report import files, page, study_record

    found = study_record.load(plan, study, run_id)
    client = MlflowClient()
    with tempfile.TemporaryDirectory(prefix="tune-") as name:
        folder = Path(name)
        texts = {page.FILE: page.html(found), files.TRIALS: files.trials_csv(found), files.BEST: files.best_yaml(found)}
        for file, text in texts.items():
            if text:
                (folder / file).write_text(text, encoding="utf-8")
        client.log_artifacts(run_id, name)
    said = "\n".join(f"- **{_plain(what)}**: {_plain(value)}" for what, value in page.headline(found))
    client.set_tag(run_id, MLFLOW_RUN_NOTE, f"{said}\n\nAll of it is in the artifact `{page.FILE}`.")
    if final:  # last: of thousands of trials it takes a minute
        with tempfile.TemporaryDirectory(prefix="tune-") as name:
            client.log_artifact(run_id, str(files.study_db(found, Path(name))))


def _plain(text: str) -> str:
    """Keep Markdown from reading signs into a text."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in text)
