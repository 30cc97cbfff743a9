"""Train one model and log it as one MLflow run.

mlflow run . -e train -P n_estimators=120 -P max_depth=7
python -m steps.train --n_estimators 120 --max_depth 7
"""

import multiprocessing
import os
import sys
from collections.abc import Sequence

from steps import database, garbage, interrupts, lifeline, names, secrets, settings, threads
from steps.errors import exit_code

SUMMARY = "Train one model: cross-validate, refit on all training rows, score the held-out rows, log the model."
MORE = "  --<name>, --estimator__<name>  any hyperparameter of the estimator"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the step; return its exit code."""
    words = settings.arguments(argv)
    if settings.wants_help(words):
        print(settings.usage("steps.train", SUMMARY, settings.TRAIN, MORE))
        return 0
    return exit_code("train", lambda: _train(words))


def _train(words: Sequence[str]) -> int:
    values, hyperparameters = settings.read_open(words, settings.TRAIN, names.PREFIX)
    secrets.refuse(values["data"], os.environ.get("MLFLOW_RUN_ID"))
    database.refuse_another(os.environ.get("MLFLOW_RUN_ID"))
    if multiprocessing.parent_process() is None:  # else a backend started it, which sees to its end
        interrupts.raise_at_once()
        lifeline.follow_launchers()
    threads.limit(values["threads"])
    # Imported only now: `--help` and a wrong value answer at once, and the thread limits stand before numpy loads.
    with garbage.importing():
        from steps.tracking import own_run
        from steps.training import plan, run

    planned = plan.make(values, hyperparameters)
    for note in planned.examples.notes:
        print(f"train: {note}", file=sys.stderr)
    if values["refit"]:  # a trial's study has done it
        plan.check_metric(planned)
    given = values | {f"{names.PREFIX}{key}" if key in values else key: v for key, v in hyperparameters.items()}
    with own_run(given, active=values["refit"]) as run_id:
        for name, score in run.train(planned, values, hyperparameters, run_id).items():
            print(f"{name}: {score:.6g}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
