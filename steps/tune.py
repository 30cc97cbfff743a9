"""Tune a model: an Optuna study in which every trial is a child MLflow run.

mlflow run . -e tune --experiment-name Iris-RandomForest-Hyperparameter-Tuning
python -m steps.tune --n_trials 20
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from steps import patches
from steps.backends.warm import forkserver
from steps.names import Variable
from steps.parameters import declared
from steps.process import collector, orphans, threads
from steps.process.exit import exit_code
from steps.process.signals import Interrupts
from steps.project import secrets
from steps.tracking import outage, sqlite_uri
from steps.tuning import child_preload

SUMMARY = "Tune a model: an Optuna study in which every trial is a child MLflow run, launched through mlflow.run."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = declared.arguments(argv)
    if declared.wants_help(words):
        print(declared.usage("steps.tune", SUMMARY, declared.TUNE))
        return 0
    return exit_code("tune", lambda: _tune(words))


def _tune(words: Sequence[str]) -> int:
    values = declared.read(words, declared.TUNE)
    run_id = os.environ.get(Variable.RUN_ID)
    secrets.refuse(values["data"], run_id)
    sqlite_uri.refuse_another(run_id)
    patches.speed_wanted()  # refuses another value than on and off; the forkserver would die of it
    interrupts = Interrupts()
    interrupts.install()
    threads.limit(values["threads"])
    orphans.follow_launchers()
    outage.ride_out()
    os.environ[Variable.TUNER] = str(os.getpid())
    with tempfile.TemporaryDirectory(prefix="tune-") as files:
        os.environ[Variable.FILES] = files
        # Before this process's own imports, so that both import at the same time.
        forkserver.start(child_preload.MODULES, Path(files))
        if run_id and values["study"] == "auto":
            _order_forkserver(values, run_id)
        with collector.paused():
            from steps.tracking.own_run import own_run
            from steps.tuning import study
            from steps.tuning.checks import preflight

        preflight.reach_server()
        with own_run(values) as parent:
            begun = study.open_study(values, parent)
            if begun.values["threads"] != values["threads"]:  # BLAS has read its limit by now
                threads.limit(begun.values["threads"])
                forkserver.start(child_preload.MODULES, Path(files))
            if not (run_id and values["study"] == "auto"):
                _order_forkserver(begun.values, parent)
            describe = partial(forkserver.call, "steps.training.run_plan:describe")
            study.run(begun, interrupts, describe)
    return 0


def _order_forkserver(values: Mapping[str, Any], run_id: str) -> None:
    """Have the process that imports once for all children read the data too."""
    forkserver.order([*child_preload.calls(values), *child_preload.first_write(values, run_id)])


if __name__ == "__main__":
    raise SystemExit(main())
