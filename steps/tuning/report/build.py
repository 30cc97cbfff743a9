"""Build the report and the files beside it from what the tracking server has, and log them to the study's run.

This runs in a process of its own, forked from the launcher, so the tuner's loop never waits for it and never imports
what draws the charts.
"""

import importlib
import os
import signal
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from mlflow.environment_variables import MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from steps.backends.warm import processes
from steps.errors import StepError
from steps.names import Artifact, Metric
from steps.tuning.report.charts import javascript
from steps.tuning.study_plan import StudyPlan

# A report that is built while trials run yields the processor to them. The last one does not: on a busy machine it
# would not be done for minutes.
_NICE = 10
# What the tuner sends: build beside the trials; build for the last time, with study.db or without; end.
NOW, FINAL, HURRIED, END = "now", "final", "hurried", "end"
# What it is sent: what is done next, and that a build is over: (BUILT, its order, what went wrong, its seconds).
STEP, BUILT = "step", "built"


def serve(connection: Connection, plan: StudyPlan, study: str, run_id: str) -> None:
    """Build whenever asked to, say each step, and what went wrong. A new order ends a build beside the trials."""
    warnings.simplefilter("ignore")
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)  # it would stand in the middle of the tuner's lines
    importlib.import_module("steps.tuning.report.page")  # takes seconds, better now than at an interrupt
    with suppress(StepError):  # the first build says it
        javascript.bundle()
    beside = 0  # the process that builds beside the trials
    while (order := connection.recv()) != END:
        if beside:
            os.kill(beside, signal.SIGKILL)
            os.waitpid(beside, 0)
            beside = 0
        if order == NOW:
            this = os.getpid()
            beside = os.fork()
            if beside == 0:
                processes.end_with_parent(this)
                os.nice(_NICE)
                _answer(connection, plan, study, run_id, order)
                os._exit(0)
        else:
            _answer(connection, plan, study, run_id, order)


def _answer(connection: Connection, plan: StudyPlan, study: str, run_id: str, order: str) -> None:
    began, problem = time.monotonic(), ""
    try:
        build(plan, study, run_id, final=order == FINAL, step=lambda what: connection.send((STEP, what)))
    except Exception as error:  # whatever went wrong, the study goes on without a report
        kind = "" if isinstance(error, StepError) else f"{type(error).__name__}: "
        problem = f"{kind}{str(error).splitlines()[0] if str(error) else ''}"
    connection.send((BUILT, order, problem, time.monotonic() - began))


def build(
    plan: StudyPlan, study: str, run_id: str, *, final: bool, step: Callable[[str], None] = lambda _: None
) -> None:
    """Build everything once; study.db only if this is `final`, at a study's normal end. `step` is told what is next."""
    # Imported here, because the tuner imports this module, and what draws takes a second to import.
    from steps.tuning.report import files, headline, load_study, page, study_note, ui_view
    from steps.tuning.report.charts import drawing

    step("the trials are read")
    record = load_study.load(plan, study, run_id)
    client = MlflowClient()
    client.set_tag(run_id, MLFLOW_RUN_NOTE, study_note.text(record))  # first: a build that is hurried may be given up
    client.log_metric(run_id, Metric.SEARCH_TIME, headline.seconds_at_work(record.trials), step=len(record.trials))
    with tempfile.TemporaryDirectory(prefix="tune-") as name:
        folder = Path(name)
        texts = {
            Artifact.REPORT: page.html(record, step),
            Artifact.TRIALS: files.trials_csv(record),
            Artifact.BEST: files.best_yaml(record),
        }
        for file, text in texts.items():
            if text:
                (folder / file).write_text(text, encoding="utf-8")
        step("the page is stored")
        client.log_artifacts(run_id, name)
    if final:
        ui_view.write(plan, record.parent.info.experiment_id, study, drawing.most_important(record))
        # last, since thousands of trials take seconds, and a minute without the patch of speed
        with tempfile.TemporaryDirectory(prefix="tune-") as name:
            path = files.study_db(record, Path(name), step)
            step(f"{Artifact.STUDY_DB} is stored")
            client.log_artifact(run_id, str(path))
