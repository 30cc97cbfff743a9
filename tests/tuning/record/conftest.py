"""A study on record: real runs in a real database."""

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest
from mlflow.tracking import MlflowClient

from steps.names import Tag
from steps.parameters import command_line
from steps.parameters.tune_settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan
from steps.tuning.record import identity
from steps.tuning.tuned_project import this_project

PARAMS = {"n_estimators": 60, "max_depth": 4}


@pytest.fixture(scope="session")
def planned() -> Callable[..., study_plan.StudyPlan]:
    """Make the plan of a study of wine, with other words on its command line."""

    def make(*words: str) -> study_plan.StudyPlan:
        pairs = {"--data": "wine", "--folds": "2", **dict(zip(words[::2], words[1::2], strict=True))}
        line = [word for pair in pairs.items() for word in pair]
        return study_plan.make(command_line.read(line, TuneSettings), this_project(), describe)

    return make


@pytest.fixture(scope="session")
def wine(planned: Callable[..., study_plan.StudyPlan]) -> study_plan.StudyPlan:
    return planned()


@pytest.fixture
def trial(client: MlflowClient) -> Callable[..., str]:
    """Make a run of trial 3 of the study; its state, status and scores are given."""

    def make(state: str | None, status: str = "RUNNING", scores: dict[str, float] | None = None, **tags: str) -> str:
        own = {Tag.STUDY: "mine", Tag.ROLE: "trial", Tag.TRIAL: "3", Tag.PARAMS: json.dumps(PARAMS)}
        own |= {f"tuning.{name}": value for name, value in tags.items()}
        run = client.create_run("0", tags=own | ({} if state is None else {Tag.STATE: state}))
        for name, value in (scores or {}).items():
            client.log_metric(run.info.run_id, name, value)
        if status != "RUNNING":
            client.set_terminated(run.info.run_id, status)
        return str(run.info.run_id)

    return make


@pytest.fixture
def parent_run(client: MlflowClient, wine: study_plan.StudyPlan) -> str:
    """The study's parent run, whose tuner was killed."""
    tags = {Tag.STUDY: "mine", Tag.ROLE: "study", Tag.IDENTITY: json.dumps(identity.as_data(wine))}
    run_id: str = client.create_run("0", tags=tags | {Tag.SETTINGS: json.dumps(asdict(wine.settings))}).info.run_id
    return run_id
