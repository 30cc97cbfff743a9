"""The examples in their own environments, tuned from outside: by Git URL and from the folder, killed, gone on with."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.tools import LIMIT_S, Done, Place, Study, until
from tests.host import ROOT
from tests.waits import slowness

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EXAMPLES = ROOT / "examples"
BOTH: dict[str, Any] = {"jobs": 2, "study": "theirs", "env_manager": "uv"}
WORDS: dict[str, dict[str, Any]] = {
    "table": {"objective": "mae", "direction": "minimize", "n_trials": 6, **BOTH},
    "xgboost": {
        "objective": "val_loss:best",
        "direction": "minimize",
        "pruner": "median:warmup=0",
        "n_trials": 8,
        **BOTH,
    },
    "wine": {"objective": "rmse", "direction": "minimize", "n_trials": 8, **BOTH},
    "pipeline": {"objective": "accuracy", "direction": "maximize", "n_trials": 8, "jobs": 2, "study": "theirs"},
    "hydra": {"objective": "accuracy", "direction": "maximize", "n_trials": 5, **BOTH},
    "pytorch": {"objective": "val_loss", "direction": "minimize", "pruner": "median:warmup=0", "n_trials": 10, **BOTH},
}


def step(place: Place, module: str, **parameters: object) -> Done:
    """Run a step to its end, which must be a good one."""
    words = place.step_command(module, **parameters)
    return place.run(words, cwd=ROOT, check=True, limit_s=LIMIT_S * slowness())


@pytest.fixture(scope="module", params=WORDS)
def name(request: pytest.FixtureRequest) -> str:
    """The example."""
    return str(request.param)


@pytest.fixture(scope="module")
def words(name: str) -> dict[str, Any]:
    return {"space": EXAMPLES / name / "space.yaml", **WORDS[name]}


@pytest.fixture(scope="module")
def whole(name: str, words: dict[str, Any], new_place: Callable[..., Place], environments: dict[str, str]) -> Study:
    """A study of the example's folder, in peace."""
    place = new_place(extra=dict(environments))
    step(place, "steps.tune", project=EXAMPLES / name, **words)
    place.all_gone()
    return place.study()


@pytest.fixture(scope="module")
def killed(
    name: str, words: dict[str, Any], git_url: str, new_place: Callable[..., Place], environments: dict[str, str]
) -> Place:
    """A place with a study of the example's Git URL, whose tuner was killed in its midst, and that went on."""
    place = new_place(extra=dict(environments))
    words = {"project": f"{git_url}#examples/{name}", **words}
    process = place.start(place.step_command("steps.tune", **words), cwd=ROOT)
    ended = "tags.`tuning.role` = 'trial' AND tags.`tuning.state` = 'COMPLETE'"
    until(lambda: len(place.client.search_runs(["0"], ended)) >= 3, LIMIT_S * slowness(), "three trials")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    place.all_gone(10)
    step(place, "steps.tune", **words)
    place.all_gone()
    assert place.client.search_runs(["0"], "attributes.status = 'RUNNING'") == []
    return place


def essence(study: Study, objective: str) -> list[tuple[list[str | None], float | None]]:
    """List what each trial was given, how it ended and what of it counts."""
    names = ("tuning.params", "tuning.state", "tuning.pruned_at", "tuning.reported")
    complete = {run.info.run_id for run in study.ended("COMPLETE")}
    return [
        (
            [run.data.tags.get(name) for name in names],
            run.data.metrics[objective] if run.info.run_id in complete else None,
        )
        for run in study.trials
    ]


def test_by_url_and_killed_it_is_the_study_of_the_folder(words: dict[str, Any], killed: Place, whole: Study) -> None:
    """Each trial has the parameters, the end and the scores that it has there."""
    again = killed.named("theirs")
    assert essence(again, words["objective"]) == essence(whole, words["objective"])
    assert len(again.children) > len(whole.children)  # what was cut off is on record
    assert again.parent.data.metrics["trials_complete"] == whole.parent.data.metrics["trials_complete"]


def test_a_trial_is_reproduced(killed: Place) -> None:
    """The step `reproduce` clones the project at the trial's commit, and finds its scores again."""
    run_id = killed.named("theirs").ended("COMPLETE")[-1].info.run_id
    done = step(killed, "steps.reproduce", run_id=run_id)
    assert done.stdout.splitlines()[-1] == "verdict: identical"


@pytest.mark.parametrize("name", ["hydra"], indirect=True)
def test_hydra_gives_the_model_what_the_trial_tries(whole: Study) -> None:
    """By overrides of the command line, which the configuration on record shows."""
    for run in whole.ended("COMPLETE"):
        tried = json.loads(run.data.tags["tuning.params"])
        kind = tried.pop("model")
        file = whole.client.download_artifacts(run.info.run_id, "config.yaml")
        model = yaml.safe_load(Path(file).read_text())["model"]
        assert model == {**model, **tried}
        assert ("Boosting" in model["_target_"]) == (kind == "boosting")


@pytest.mark.parametrize("name", ["pytorch"], indirect=True)
def test_networks_are_pruned_by_epoch_and_the_best_one_of_each_counts(whole: Study) -> None:
    """The loss that counts is the least of the trial's own epochs."""
    assert whole.ended("PRUNED")
    assert {run.info.status for run in whole.ended("PRUNED")} == {"KILLED"}
    for run in whole.ended("COMPLETE"):
        losses = [metric.value for metric in whole.client.get_metric_history(run.info.run_id, "val_loss")]
        assert losses[-1] == min(losses[:-1])
