"""Reading runs from the tracking server: small shorthands for MLflow's tracking API."""

import math
import shlex
import sys
from collections.abc import Sequence

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps.tracking.server_errors import where

_PAGE = 1000


def find_runs(experiment_ids: Sequence[str], condition: str = "") -> list[Run]:
    """Return all runs of some experiments for which a filter of MLflow's holds, however many."""
    client = MlflowClient()
    runs: list[Run] = []
    token: str | None = ""
    while token is not None:
        page = client.search_runs(list(experiment_ids), condition, max_results=_PAGE, page_token=token or None)
        runs += page
        token = page.token or None
    return runs


def by_start(run: Run) -> tuple[int, str]:
    """Return what sorts runs by their start; of two that started together, one is always the first."""
    return run.info.start_time, run.info.run_id


def parameters_of(run: Run) -> dict[str, str]:
    """Return a run's parameters as they were given: of a project's run, MLflow records them quoted for a shell.

    What the run has logged itself stands beside them as it is.
    """
    quoted = MLFLOW_PROJECT_ENTRY_POINT in run.data.tags
    return {name: _unquoted(word) if quoted else word for name, word in run.data.params.items()}


def _unquoted(word: str) -> str:
    """Undo `shlex.quote`; return what is no result of it as it is."""
    try:
        (given,) = shlex.split(word)
    except ValueError:  # an open quote, or several words
        return word
    return given if shlex.quote(given) == word else word


def is_finite(value: float) -> bool:
    """Tell whether a metric that was read is a finite number: a SQL store keeps infinity as the largest float."""
    return math.isfinite(value) and abs(value) < sys.float_info.max


def link(run_id: str) -> str:
    """Say where a person finds a run: its page on a tracking server, else the command that opens the store."""
    uri, run = where(), MlflowClient().get_run(run_id)
    if uri.startswith(("http://", "https://")):
        return f"{uri.rstrip('/')}/#/experiments/{run.info.experiment_id}/runs/{run_id}"
    return f"mlflow ui --backend-store-uri {shlex.quote(uri)}    # run {run.info.run_name} ({run_id})"
