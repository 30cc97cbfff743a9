"""Trials that begin with a part of their budget, and are promoted: run, killed, gone on with."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.tools import Place, Study, copy_project, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e

STANZA = """
  steady:
    parameters:
      lr: {type: float, default: 0.1}
      epochs: {type: float}
      checkpoint: {type: string}
    command: "python tests/samples/checkpointed.py --lr {lr} --epochs {epochs} --checkpoint {checkpoint}"
"""
HOW: dict[str, Any] = {
    "entry_point": "steady", "space": "lr=log(1e-3,1e-1)", "objective": "loss", "direction": "minimize",
    "fidelity": "epochs:1..9:3", "n_trials": 7, "window": 2, "jobs": 1,
}  # fmt: skip
NAMES = ("trial", "params", "state", "reported", "evaluation", "budget")


def evaluations(study: Study) -> list[list[str | None]]:
    """What each evaluation was and how it ended, in their order."""
    ordered = sorted(study.trials, key=lambda run: int(run.data.tags["tuning.evaluation"]))
    return [[run.data.tags.get(f"tuning.{name}") for name in NAMES] for run in ordered]


def test_a_promoted_trial_goes_on_from_its_checkpoint(place: Place) -> None:
    """It is a run of its own, which names the one below; killed on the way, itself or its tuner, nothing is lost.

    Its reproduction begins with an empty folder and ends with the same score. The study is, evaluation by evaluation,
    the one that nobody has disturbed.
    """
    place.project = copy_project(place.folder / "it's mine")
    (place.project / "MLproject").write_text((ROOT / "MLproject").read_text() + STANZA)
    place.extra = {"DISTURBED": str(place.folder)}
    first = place.start(place.step_command("steps.tune", study="mine", **HOW), cwd=place.project)
    until((place.folder / "waits").exists, 300, "another at epoch 7")
    first.send_signal(signal.SIGKILL)
    first.wait()
    place.all_gone()
    done = place.step("steps.tune", study="mine", check=True, jobs=2)
    study = place.named("mine")
    began: dict[str, list[float]] = {}
    for run in sorted(study.children, key=lambda run: run.info.start_time):
        budget = run.data.tags["mlflow.runName"].rpartition(" · ")[2]
        began.setdefault(budget, []).append(run.data.metrics["began"])
    assert set(began["epochs 1"]) == {0}
    assert set(began["epochs 3"]) == {1}
    assert began["epochs 9"] == [3, 7], "its tuner was killed"
    assert began["baseline"] == [0, 7], "it was killed itself"
    runs = {run.info.run_id: run for run in study.trials}
    for run in runs.values():
        assert run.info.status == "FINISHED"
        assert run.data.params["epochs"] == run.data.tags["tuning.budget"]
        assert run.data.tags["tuning.state"] == ("COMPLETE" if run.data.params["epochs"] == "9" else "PRUNED")
        if run.data.params["epochs"] != "1":
            below = runs[run.data.tags["tuning.promoted_from"]]
            assert below.data.tags["tuning.trial"] == run.data.tags["tuning.trial"]
            assert int(below.data.params["epochs"]) * 3 == int(run.data.params["epochs"])
    top = [run for run in runs.values() if run.data.params["epochs"] == "9"]
    best = min(top, key=lambda run: run.data.metrics["loss"])
    assert study.parent.data.tags["tuning.best_run"] == best.info.run_id
    assert json.loads(study.parent.data.tags["tuning.best_params"])["epochs"] == 9
    assert sum(study.parent.data.metrics[f"trials_{state}"] for state in ("complete", "pruned")) == 7
    baselines = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    assert {run.data.params["epochs"] for run in baselines} == {"9"}
    folder = place.folder / "state" / "mlflow-optuna-tuning" / "checkpoints"
    assert list(folder.iterdir()) == [], done.stderr
    again = place.step("steps.reproduce", run_id=best.info.run_id)
    assert "verdict: identical" in again.stdout, again.stderr
    place.step("steps.tune", study="undisturbed", check=True, **HOW)
    assert evaluations(place.named("undisturbed")) == evaluations(study)
    more = place.step("steps.tune", study="mine", n_trials=9)
    assert "n_trials 7, now 9" in more.stderr


def test_trees_of_train_are_a_budget(place: Place) -> None:
    """A hyperparameter of the estimator; the champion has all of it, and the report has one line for each trial."""
    done = place.step(
        "steps.tune", check=True, data="iris", space="max_depth=1..6", fidelity="n_estimators:2..8:2", folds=2,
        n_trials=4, jobs=2, champion="true", report="true",
    )  # fmt: skip
    study = place.study()
    trials = place.client.download_artifacts(study.parent.info.run_id, "trials.csv", str(place.folder))
    lines = Path(trials).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5, done.stdout
    assert "n_estimators" in lines[0]
    champion = place.client.get_run(study.parent.data.tags["tuning.champion"])
    is_trial = "trial" in champion.data.tags["tuning.champion_is"]
    assert champion.data.params.get("n_estimators") == ("8" if is_trial else None), done.stdout
    wrong = place.step("steps.tune", data="iris", space="max_depth=1..6", fidelity="n_trees:2..8:2")
    assert wrong.code == 2
    assert "--fidelity 'n_trees:2..8:2': n_trees: " in wrong.stderr
