"""The warm backend by itself, below a tuner."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.tools import ROOT, Place

pytestmark = pytest.mark.e2e

SAMPLE = Path(__file__).parent.parent / "samples" / "warm_child.py"


def warm_child(place: Place, **parameters: str) -> "subprocess.CompletedProcess[str]":
    """Run the entry point `train` in the warm backend, in a process of its own."""
    words = [sys.executable, str(SAMPLE), *(f"{name}={value}" for name, value in parameters.items())]
    env = {**place.env, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_a_child_opens_a_parallel_region_after_the_fork(place: Place) -> None:
    """HistGradientBoosting with two threads ends; it would hang for ever had one been opened before the fork."""
    done = warm_child(
        place, estimator="sklearn.ensemble.HistGradientBoostingClassifier", threads="2", max_iter="5", folds="2"
    )
    assert done.returncode == 0, done.stderr
    (run,) = place.client.search_runs(["0"], "params.threads = '2'")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["cv_accuracy"] > 0.8


def test_a_failed_child_fails_mlflow_run(place: Place) -> None:
    """`mlflow.run(..., backend="warm")` raises for a child that fails, as with any backend."""
    done = warm_child(place, no_such_hyperparameter="1")
    assert done.returncode == 1
    assert "ExecutionException" in done.stderr
    (run,) = place.client.search_runs(["0"], "params.no_such_hyperparameter = '1'")
    assert run.info.status == "FAILED"
