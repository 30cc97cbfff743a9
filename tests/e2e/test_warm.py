"""The warm backend by itself, below a tuner."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tools import Done, Place
from tests.host import ROOT

pytestmark = pytest.mark.e2e

SAMPLE = Path(__file__).parent.parent / "samples" / "warm_child.py"


# A model that opens parallel regions, and one that no child can make.
PARALLEL = {"estimator": "sklearn.ensemble.HistGradientBoostingClassifier", "threads": "2", "max_iter": "5"}
IMPOSSIBLE = {"no_such_hyperparameter": "1"}


@pytest.fixture(scope="module")
def children(new_place: Callable[..., Place]) -> tuple[Place, Done]:
    """Two children of one process: the one that fails comes last."""
    place = new_place(extra={"PYTHONPATH": str(ROOT)})
    words = [sys.executable, str(SAMPLE), json.dumps(PARALLEL), json.dumps(IMPOSSIBLE)]
    return place, place.run(words, cwd=ROOT, check=False)


def test_a_child_opens_a_parallel_region_after_the_fork(children: tuple[Place, Done]) -> None:
    """HistGradientBoosting with two threads ends; it would hang for ever had one been opened before the fork."""
    place, _ = children
    (run,) = place.client.search_runs(["0"], "params.threads = '2'")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["cv_accuracy"] > 0.8


def test_a_failed_child_fails_mlflow_run(children: tuple[Place, Done]) -> None:
    """`mlflow.run(..., backend="warm")` raises for a child that fails, as with any backend."""
    place, done = children
    assert done.code == 1
    assert "ExecutionException" in done.stderr
    (run,) = place.client.search_runs(["0"], "params.no_such_hyperparameter = '1'")
    assert run.info.status == "FAILED"
