"""Tune a model: an Optuna study in which every trial is a child MLflow run.

mlflow run . -e tune --experiment-name Iris-RandomForest-Hyperparameter-Tuning
python -m steps.tune --n_trials 20
"""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from steps import patches
from steps.backends.warm import launch, mlflow_calls
from steps.backends.warm.launch import Launcher
from steps.names import Variable
from steps.parameters import command_line, declared
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process import collector, orphans, threads, users_folder
from steps.process.exit import exit_code
from steps.process.signals import Interrupts
from steps.project import location, paths, secrets
from steps.tracking import outage, run_note, sqlite_uri
from steps.tuning import child_preload

SUMMARY = "Tune a model: an Optuna study in which every trial is a child MLflow run, launched through mlflow.run."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = command_line.arguments(argv)
    if command_line.wants_help(words):
        print(command_line.usage("steps.tune", SUMMARY, TuneSettings))
        return 0
    return exit_code("tune", lambda: _tune(words), run_note.refused)


def _tune(words: Sequence[str]) -> int:
    began = time.monotonic()
    example = option("space", "estimator=sklearn.svm.SVC C=log(1e-2,1e2)")
    elsewhere = f"an estimator and its hyperparameters stand in the search space, as in {example}"
    settings = command_line.read(words, TuneSettings, elsewhere)
    run_id = os.environ.get(Variable.RUN_ID)
    secrets.refuse("data", settings.data, run_id)
    secrets.refuse("project", settings.project, run_id)
    users_folder.note()
    project, entry_point = location.as_meant(settings.project, settings.version, settings.entry_point)
    settings = replace(settings, project=project, entry_point=entry_point)
    if settings.entry_point in ("auto", "train") and settings.tunes_this_project:
        settings = replace(settings, data=paths.users_file(settings.data))
    sqlite_uri.refuse_another(run_id)
    sqlite_uri.make_absolute()  # a trial may run in another folder
    patches.speed_wanted()  # refuses another value than on and off; the launcher would die of it
    interrupts = Interrupts()
    interrupts.install()
    threads.limit(settings.shared.threads)
    orphans.follow_launchers()
    outage.retry_for_minutes()
    os.environ[Variable.TUNER] = str(os.getpid())
    mlflow_calls.leave_out(os.environ)
    with tempfile.TemporaryDirectory(prefix="tune-") as files, ExitStack() as stack:
        os.environ[Variable.FILES] = files
        # Before this process's own imports, so that both import at the same time.
        launcher = Launcher(foremost=True).start(child_preload.modules(settings), [Path(files)])
        stack.callback(launch.stop_all)
        # A study without a name has no record that could change its settings: its data can be read at once.
        settled = run_id is not None and not settings.is_named
        if run_id is not None and settled:
            _prepare(launcher, settings, run_id)
        with collector.paused():
            from steps.tracking.own_run import own_run
            from steps.tuning import study
            from steps.tuning.checks import preflight

        preflight.reach_server()
        with own_run(declared.words(settings)) as parent:
            opened = study.open_study(settings, parent)
            if _needs_another_launcher(settings, opened.settings):
                threads.limit(opened.settings.shared.threads)
                launcher.start(child_preload.modules(opened.settings), [Path(files)])
            if not settled:
                _prepare(launcher, opened.settings, parent)
            describe = partial(launcher.call, "steps.training.run_plan:describe")
            study.run(opened, interrupts, launcher, describe, began)
    return 0


def _needs_another_launcher(settings: TuneSettings, opened: TuneSettings) -> bool:
    """Tell whether the launcher does not suit the settings that are on record of the study."""
    other_threads = settings.shared.threads != opened.shared.threads  # BLAS has read its limit by now
    return other_threads or settings.tunes_this_project != opened.tunes_this_project


def _prepare(launcher: Launcher, settings: TuneSettings, run_id: str) -> None:
    """Have the process that imports once for all children read the data too."""
    launcher.prepare([*child_preload.calls(settings), *child_preload.first_write(settings, run_id)])


if __name__ == "__main__":
    raise SystemExit(main())
