"""Train one model and log it as one MLflow run.

mlflow run . -e train -P n_estimators=120 -P max_depth=7
python -m steps.train --n_estimators 120 --max_depth 7
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from steps.names import ESTIMATOR_PREFIX, Variable
from steps.parameters import command_line, declared
from steps.parameters.settings import TrainSettings
from steps.parameters.values import encode
from steps.process import collector, orphans, signals, threads, users_folder
from steps.process.exit import exit_code
from steps.project import paths, secrets
from steps.tracking import run_note, sqlite_uri

SUMMARY = "Train one model: cross-validate, refit on all training rows, score the held-out rows, log the model."
MORE = "  <name>, estimator__<name>  any hyperparameter of the estimator"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = command_line.arguments(argv)
    if command_line.wants_help(words):
        print(command_line.usage("steps.train", SUMMARY, TrainSettings, MORE))
        return 0
    return exit_code("train", lambda: _train(words), run_note.refused)


def _train(words: Sequence[str]) -> int:
    settings, hyperparameters = command_line.read_open(words, TrainSettings, ESTIMATOR_PREFIX)
    secrets.refuse("data", settings.data, os.environ.get(Variable.RUN_ID))
    if Variable.TUNER not in os.environ:  # else the study has looked
        users_folder.note()
        settings = replace(settings, data=paths.users_file(settings.data))
    sqlite_uri.refuse_another(os.environ.get(Variable.RUN_ID))
    signals.raise_at_once()
    orphans.follow_launchers()
    threads.limit(settings.threads)
    # Imported only now: `--help` and a wrong value answer at once, and the thread limits stand before numpy loads.
    with collector.paused():
        from steps.tracking.own_run import own_run
        from steps.training import run, run_plan

    plan = run_plan.make(settings, hyperparameters)
    for note in plan.notes:
        print(f"train: {note}", file=sys.stderr)
    if settings.refit:  # a trial's study has done it
        run_plan.check_metric(plan)
    with own_run(_as_logged(settings, hyperparameters), active=settings.refit, monitored=True) as run_id:
        for name, score in run.train(plan, settings, hyperparameters, run_id).items():
            print(f"{name}: {score:.6g}")
    return 0


def _as_logged(settings: TrainSettings, hyperparameters: Mapping[str, object]) -> dict[str, str]:
    """Return what `mlflow run` would have logged of a step that was started by hand."""
    own = declared.words(settings)
    return own | {f"{ESTIMATOR_PREFIX}{k}" if k in own else k: encode(v) for k, v in hyperparameters.items()}


if __name__ == "__main__":
    raise SystemExit(main())
