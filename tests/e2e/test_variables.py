"""A study under environment variables of MLflow and Python that a person may have set."""

from collections.abc import Callable
from typing import Any

import pytest

from steps.process import variables
from tests.e2e.tools import Place
from tests.host import ROOT
from tests.tracking.mlflow_variables import TRIED

pytestmark = pytest.mark.e2e

SMALL: dict[str, Any] = {"space": "linear", "folds": 2, "n_trials": 2}
LEFT_OUT = {
    "MLFLOW_ENABLE_ASYNC_LOGGING": "true",
    "MLFLOW_ACTIVE_MODEL_ID": "m-0123456789abcdef0123456789abcdef",
    "_MLFLOW_ACTIVE_MODEL_ID": "m-0123456789abcdef0123456789abcdef",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
}
OF_PYTHON = {
    "PYTHONSAFEPATH": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONSTARTUP": "/nonexistent",
    "PYTHONNODEBUGRANGES": "1",
    "PYTHONINTMAXSTRDIGITS": "640",
}


def test_a_study_ends_as_any_other_under_all_that_may_be_set(new_place: Callable[..., Place]) -> None:
    """What no step has is left out, MLflow's other variables are honoured: each trial logs the machine's load."""
    assert LEFT_OUT.keys() == variables.LEFT_OUT.keys()
    place = new_place(extra={**TRIED, **LEFT_OUT, **OF_PYTHON})
    (place.folder / "steps.py").write_text("raise SystemExit('not the project')\n")
    place.extra["PYTHONPATH"] = str(place.folder)
    done = place.mlflow_run("tune", champion="true", **SMALL)
    assert "Best trial: " in done.stdout
    trials = place.study().trials
    assert [run.data.tags["tuning.state"] for run in trials] == ["COMPLETE", "COMPLETE"]
    assert all(run.data.metrics["cv_accuracy"] > 0.5 for run in trials)
    assert all(any(name.startswith("system/here/") for name in run.data.metrics) for run in trials)
    place.all_gone()


def test_a_step_by_hand_works_where_warnings_are_errors(place: Place) -> None:
    """SQLAlchemy warns whenever MLflow opens a database; an interpreter that stays turns each exit code into 1."""
    place.extra = {"PYTHONWARNINGS": "error", "PYTHONINSPECT": "1"}
    done = place.run(place.step_command("steps.tune", **SMALL), cwd=ROOT, check=False)
    assert done.code == 0, done.stderr
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE", "COMPLETE"]


@pytest.mark.slow
def test_a_study_ends_as_any_other_without_assertions_and_docstrings(place: Place) -> None:
    """Nothing that a step does stands in an assertion. All is compiled anew, which takes long."""
    place.extra = {"PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"}
    place.mlflow_run("tune", **SMALL)
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE", "COMPLETE"]
