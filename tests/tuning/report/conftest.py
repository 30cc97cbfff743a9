import json
from typing import Any

import pytest

from steps.parameters.tune_settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan as plans
from steps.tuning.report import load_study
from steps.tuning.tuned_project import this_project

FIRST = 1_700_000_000_000
FOREST = "sklearn.ensemble.RandomForestClassifier"
# Three trials that have finished, the last the best, and one that failed.
ROWS: list[Any] = [("COMPLETE", 50 + number, 0.9 + number / 1000, {}) for number in range(3)]
FAILED: Any = ("FAIL", 60, None, {"tuning.reason": "exit code 1"})
BASELINE = {"tuning.study": "shown", "tuning.role": "baseline", "tuning.state": "COMPLETE", "tuning.estimator": FOREST}
HELD_OUT = {
    "test_accuracy": 0.93, "test_accuracy_low": 0.9, "test_accuracy_high": 0.96, "baseline_test_accuracy": 0.91,
    "dummy_test_accuracy": 0.3, "gain": 0.02, "gain_low": -0.01, "gain_high": 0.05,
}  # fmt: skip


@pytest.fixture(scope="session")
def make_plan():
    """A plan of the default space, with other settings."""

    def make(**changed):
        return plans.make(TuneSettings(**changed), this_project(), describe)

    return make


@pytest.fixture
def record(client):
    """Write a study to a database of the test's own: a row (state, n_estimators, score, more tags) for each trial."""

    def write(rows, name="shown", **tags):
        parent = client.create_run("0", tags={"tuning.study": name, "tuning.role": "study", **tags}).info.run_id
        for number, (state, trees, score, more) in enumerate(rows):
            tags_of_trial = {
                "tuning.study": name,
                "tuning.role": "trial",
                "tuning.trial": str(number),
                "tuning.state": state,
                "tuning.params": json.dumps({"n_estimators": trees, "max_depth": 3 + number % 9}),
                **more,
            }
            start = FIRST + 1000 * number
            run_id = client.create_run("0", start_time=start, tags=tags_of_trial).info.run_id
            if score is not None:
                client.log_metric(run_id, "cv_accuracy", score)
            client.set_terminated(run_id, "FINISHED", end_time=start + 1500)
        return parent

    return write


@pytest.fixture
def study(record, client):
    """Write a study whose defaults have a score, with a champion that is so and has held-out scores, or without."""

    def write(plan, what=(*ROWS, FAILED), defaults=0.9, champion="", **tags):
        parent = record(list(what), **tags)
        if defaults is not None:
            client.log_metric(client.create_run("0", tags=BASELINE).info.run_id, "cv_accuracy", defaults)
        if champion:
            own = {"tuning.study": "shown", "tuning.role": "champion", "tuning.champion_is": champion}
            run_id = client.create_run("0", tags={**own, "tuning.estimator": FOREST}).info.run_id
            for name, value in HELD_OUT.items():
                client.log_metric(run_id, name, value)
            client.set_tag(parent, "tuning.champion", run_id)
        return load_study.load(plan, "shown", parent)

    return write
