"""Reading runs from the tracking server: small shorthands for MLflow's tracking API."""

import math
import shlex
import sys
from collections.abc import Sequence

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT

from steps.tracking import whole

_PAGE = 1000


def find_runs(experiment_ids: Sequence[str], condition: str = "") -> list[Run]:
    """Return all runs of some experiments that match a filter in MLflow's language, page by page."""
    client = MlflowClient()
    runs: list[Run] = []
    token: str | None = ""
    while token is not None:
        page = client.search_runs(list(experiment_ids), condition, max_results=_PAGE, page_token=token or None)
        runs += page
        token = page.token or None
    return runs


def by_start(run: Run) -> tuple[int, str]:
    """Return the key that sorts runs by their start, those of the same millisecond by their id."""
    return run.info.start_time, run.info.run_id


def parameters_of(run: Run) -> dict[str, str]:
    """Return a run's parameters as they were before MLflow quoted them for a shell, as it does in a project's run.

    Parameters that the run has logged itself are not quoted. Raises WrongValue if one is not on record whole.
    """
    quoted = MLFLOW_PROJECT_ENTRY_POINT in run.data.tags
    return {name: _unquoted(word) if quoted else word for name, word in whole.parameters(run).items()}


def _unquoted(word: str) -> str:
    """Undo `shlex.quote`; return a word that it did not make as it is."""
    try:
        (plain,) = shlex.split(word)
    except ValueError:  # an open quote, or several words
        return word
    return plain if shlex.quote(plain) == word else word


def steps(run_id: str, metric: str) -> list[tuple[int, float]]:
    """Return all that a run has logged of a metric, (step, value), by step, those of one step as they were logged."""
    history = MlflowClient().get_metric_history(run_id, metric)
    return [(each.step, each.value) for each in sorted(history, key=lambda each: (each.step, each.timestamp))]


def is_finite(value: float) -> bool:
    """Tell whether a metric that was read is a finite number; a SQL store keeps infinity as the largest float."""
    return math.isfinite(value) and abs(value) < sys.float_info.max
