"""Train one model and log it as one MLflow run.

mlflow run . -e train -P n_estimators=120 -P max_depth=7
python -m steps.train --n_estimators 120 --max_depth 7
"""

import multiprocessing
import os
import sys
from collections.abc import Sequence

from steps.names import ESTIMATOR_PREFIX, Variable
from steps.parameters import declared
from steps.process import collector, orphans, signals, threads
from steps.process.exit import exit_code
from steps.project import secrets
from steps.tracking import sqlite_uri

SUMMARY = "Train one model: cross-validate, refit on all training rows, score the held-out rows, log the model."
MORE = "  --<name>, --estimator__<name>  any hyperparameter of the estimator"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = declared.arguments(argv)
    if declared.wants_help(words):
        print(declared.usage("steps.train", SUMMARY, declared.TRAIN, MORE))
        return 0
    return exit_code("train", lambda: _train(words))


def _train(words: Sequence[str]) -> int:
    values, hyperparameters = declared.read_open(words, declared.TRAIN, ESTIMATOR_PREFIX)
    secrets.refuse(values["data"], os.environ.get(Variable.RUN_ID))
    sqlite_uri.refuse_another(os.environ.get(Variable.RUN_ID))
    if multiprocessing.parent_process() is None:  # else a backend started it, which sees to its end
        signals.raise_at_once()
        orphans.follow_launchers()
    threads.limit(values["threads"])
    # Imported only now: `--help` and a wrong value answer at once, and the thread limits stand before numpy loads.
    with collector.paused():
        from steps.tracking.own_run import own_run
        from steps.training import run, run_plan

    planned = run_plan.make(values, hyperparameters)
    for note in planned.examples.notes:
        print(f"train: {note}", file=sys.stderr)
    if values["refit"]:  # a trial's study has done it
        run_plan.check_metric(planned)
    given = values | {f"{ESTIMATOR_PREFIX}{key}" if key in values else key: v for key, v in hyperparameters.items()}
    with own_run(given, active=values["refit"]) as run_id:
        for name, score in run.train(planned, values, hyperparameters, run_id).items():
            print(f"{name}: {score:.6g}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
