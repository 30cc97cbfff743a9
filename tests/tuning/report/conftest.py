import json

import pytest

from steps.parameters.tune_settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan as plans
from steps.tuning.tuned_project import this_project

FIRST = 1_700_000_000_000


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
