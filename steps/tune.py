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

from steps import database, garbage, lifeline, names, outage, secrets, settings, threads
from steps.backends import forkserver
from steps.errors import exit_code
from steps.interrupts import Interrupts
from steps.tuning import warming

SUMMARY = "Tune a model: an Optuna study in which every trial is a child MLflow run, launched through mlflow.run."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = settings.arguments(argv)
    if settings.wants_help(words):
        print(settings.usage("steps.tune", SUMMARY, settings.TUNE))
        return 0
    return exit_code("tune", lambda: _tune(words))


def _tune(words: Sequence[str]) -> int:
    values = settings.read(words, settings.TUNE)
    run_id = os.environ.get("MLFLOW_RUN_ID")
    secrets.refuse(values["data"], run_id)
    database.refuse_another(run_id)
    interrupts = Interrupts()
    interrupts.install()
    threads.limit(values["threads"])
    lifeline.follow_launchers()
    outage.ride_out()
    os.environ[lifeline.TUNER] = str(os.getpid())
    with tempfile.TemporaryDirectory(prefix="tune-") as files:
        os.environ[names.FILES] = files
        # Before this process's own imports, so that both import at the same time.
        forkserver.start(warming.MODULES, Path(files))
        if run_id and values["study"] == "auto":
            _order_forkserver(values, run_id)
        with garbage.importing():
            from steps.tracking import own_run
            from steps.tuning import preflight, study

        preflight.reach_server()
        with own_run(values) as parent:
            begun = study.look_up(values, parent)
            if begun.values["threads"] != values["threads"]:  # BLAS has read its limit by now
                threads.limit(begun.values["threads"])
                forkserver.start(warming.MODULES, Path(files))
            if not (run_id and values["study"] == "auto"):
                _order_forkserver(begun.values, parent)
            describe = partial(forkserver.call, "steps.training.plan:describe")
            study.run(begun, interrupts, describe)
    return 0


def _order_forkserver(values: Mapping[str, Any], run_id: str) -> None:
    """Have the process that imports once for all children read the data too."""
    forkserver.order([*warming.calls(values), *warming.first_write(values, run_id)])


if __name__ == "__main__":
    raise SystemExit(main())
