"""What nobody settles: real runs in a real database."""

import json
import os
from collections.abc import Callable

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.tuning.record import lock, tidy

DEAD, ALIVE = {"pid": 2**22 + 1}, {"pid": os.getpid()}


@pytest.fixture
def run(client: MlflowClient) -> Callable[..., str]:
    """Make a run that is RUNNING."""

    def make(tuner: dict[str, int] | None = None, params: dict[str, str] | None = None, **tags: str) -> str:
        own_tags = {name.replace("__", "."): value for name, value in tags.items()}
        if tuner:
            own_tags["tuning.tuner"] = json.dumps({**lock._this_process(), **tuner})
        made = client.create_run("0", start_time=1, tags=own_tags)
        for name, value in (params or {}).items():
            client.log_param(made.info.run_id, name, value)
        return str(made.info.run_id)

    return make


def statuses(client: MlflowClient, *run_ids: str) -> list[str]:
    return [client.get_run(run_id).info.status for run_id in run_ids]


def test_dead_tuners_runs_are_settled_and_nobody_elses(
    client: MlflowClient, run: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A study whose tuner is dead and its trials become KILLED; a living one's, and other projects' runs, stay."""
    dead, alive = run(DEAD, tuning__role="study"), run(ALIVE, tuning__role="study")
    silent = run(params={"study": "auto"}, mlflow__project__entryPoint="tune")
    its_trial = run(tuning__role="trial", mlflow__parentRunId=dead)
    other_trial = run(tuning__role="trial", mlflow__parentRunId=alive)
    ended = run(tuning__role="study")
    client.set_terminated(ended)
    its_baseline = run(tuning__role="baseline", mlflow__parentRunId=ended)
    foreign = run(), run(mlflow__project__entryPoint="tune"), run(mlflow__parentRunId=dead)
    assert tidy.main() == 0
    assert capsys.readouterr().out == "Settled 2 studies and 2 of their trials.\n"
    assert statuses(client, dead, silent, its_trial, its_baseline) == ["KILLED"] * 4
    assert statuses(client, alive, other_trial, *foreign) == ["RUNNING"] * 5
    assert client.get_run(its_trial).data.tags["tuning.state"] == "STOPPED"


def test_a_server_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that can't be used is said in a sentence, with its exit code."""
    mlflow.set_tracking_uri("bogus://host")
    assert tidy.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "MLflow knows no such scheme" in line
