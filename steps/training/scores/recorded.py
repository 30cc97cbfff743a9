"""The folds' scores of a trial that is run once more: its run has them, so a champion need not fit the folds again."""

import os
from contextlib import suppress

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.names import Metric, Tag, Variable
from steps.training.data.examples import Examples


def folds(metric: str, rows: Examples) -> list[tuple[float, float]] | None:
    """Return each fold's score, and the mean seconds of a fit, from the run that Variable.SCORED_RUN names.

    None if there is none, if it had other data or folds, or lacks a score: then they are to be computed.
    """
    run_id = os.environ.get(Variable.SCORED_RUN)
    if not run_id:
        return None
    with suppress(MlflowException):
        client = MlflowClient()
        run = client.get_run(run_id)
        tags, seconds = run.data.tags, run.data.metrics.get(Metric.FIT_TIME)
        if (tags.get(Tag.FOLDS), tags.get(Tag.DATA)) == (rows.folds, rows.dataset.sha256) and seconds is not None:
            scores = {each.step: each.value for each in client.get_metric_history(run_id, Metric.fold(metric))}
            if sorted(scores) == list(range(len(rows.layout.splits))):
                return [(scores[number], seconds) for number in sorted(scores)]
    return None
