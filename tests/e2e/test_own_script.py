"""Somebody's own training script, in a copy of the project: one stanza in MLproject makes it tunable."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tools import Done, Place, copy_project

pytestmark = pytest.mark.e2e

STANZAS = """
  fit_line:
    parameters:
      lr: {type: float, default: 0.01}
      momentum: {type: float, default: 0.0}
      epochs: {type: float, default: 8}
      seed: {type: float, default: 7}
      data: {type: string, default: "it's my data/train.csv"}
    command: >-
      python fit_line.py --lr {lr} --momentum {momentum} --epochs {epochs}
      --seed {seed} --data {data}

  shell_line:
    parameters:
      lr: {type: float, default: 0.01}
    command: "echo begins; python fit_line.py --lr {lr} && echo ends"

  awk_line:
    parameters:
      lr: {type: float, default: 0.01}
      momentum: {type: float, default: 0.0}
      epochs: {type: float, default: 8}
    command: "python fit_line.py --lr {lr} | awk '{print}'"
"""
RATE = "lr: {type: float, low: 1.0e-3, high: 1.0, log: true}\n"
SPACES = {
    "line": f"{RATE}momentum: {{type: float, low: 0, high: 0.9}}\nepochs: 12\n",
    "rate": RATE,
}
LOSS = {"objective": "loss", "direction": "minimize"}
# It waits for four trials, and leaves the first three of 12 epochs alone.
PRUNER = "median:startup=4,warmup=3"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("own script"))
    (project / "fit_line.py").write_text((project / "tests" / "samples" / "own_script.py").read_text())
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZAS)
    for name, text in SPACES.items():
        (project / f"{name}.yaml").write_text(text)
    return project


def tuned(place: Place, **parameters: object) -> Done:
    words = {"n_trials": 12, "jobs": 2, **LOSS, **parameters}
    return place.step("steps.tune", *(f"--{name}={value}" for name, value in words.items()))


@pytest.fixture(scope="module")
def line(project: Path, new_place: Callable[..., Place]) -> tuple[Place, Done]:
    """A pruned study of the script, whose trials are pruned on their losses."""
    place = new_place(project=project)
    return place, tuned(place, entry_point="fit_line", space="./line.yaml", pruner=PRUNER)


def test_the_scripts_own_loss_is_minimized(line: tuple[Place, Done]) -> None:
    """Its trials are runs of its entry point, the best is the one with the least loss, beside its own defaults."""
    place, done = line
    assert done.code == 0, done.stderr
    study = place.study()
    assert {run.data.tags["mlflow.project.entryPoint"] for run in study.children} == {"fit_line"}
    complete = study.ended("COMPLETE")
    least = min(complete, key=lambda run: run.data.metrics["loss"])
    assert study.parent.data.tags["tuning.best_run"] == least.info.run_id
    assert {run.data.params["epochs"] for run in study.trials} == {"12"}
    (baseline,) = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    assert (baseline.data.params["lr"], baseline.data.params["epochs"]) == ("0.01", "8")


def test_it_keeps_its_own_defaults(line: tuple[Place, Done]) -> None:
    """What was not given to the study is as its stanza says, and nothing of `train` stands on any run's record."""
    place, done = line
    study = place.study()
    seen = {(run.data.tags["saw seed"], run.data.tags["saw data"]) for run in study.children}
    assert seen == {("7.0", "it's my data/train.csv")}
    for run in [study.parent, *study.children]:
        assert not (run.inputs and run.inputs.dataset_inputs)
        told = json.dumps([run.data.tags, run.data.params])
        assert not [word for word in ("iris", "stratified", "sklearn", "tuning.data", "tuning.folds") if word in told]
    assert not {"folds", "test_size", "split", "estimators"} & {
        *json.loads(study.parent.data.tags["tuning.settings"]),
        *json.loads(study.parent.data.tags["tuning.identity"]),
    }
    assert "the entry point's own defaults" in done.stdout
    assert "estimator" not in done.stdout


@pytest.mark.slow
def test_what_is_given_goes_to_it(project: Path, place: Place) -> None:
    """A value that is `train`'s default was given all the same."""
    place.project = project
    done = tuned(place, entry_point="fit_line", space="./line.yaml", n_trials=2, seed=42, data="iris")
    assert done.code == 0, done.stderr
    study = place.study()
    assert {(run.data.params["seed"], run.data.tags["saw data"]) for run in study.children} == {("42", "iris")}


def test_it_is_pruned_on_its_losses(line: tuple[Place, Done]) -> None:
    """A trial that is worse than the others at the same epoch is PRUNED and KILLED, with what its pruner has seen."""
    place, _ = line
    pruned = place.study().ended("PRUNED")
    assert pruned
    for run in pruned:
        assert run.info.status == "KILLED"
        seen = json.loads(run.data.tags["tuning.reported"])
        assert seen[-1][0] == int(run.data.tags["tuning.pruned_at"]) >= 3
        assert int(run.data.tags["tuning.trial"]) >= 4
        logged = {m.step: m.value for m in place.client.get_metric_history(run.info.run_id, "loss")}
        assert all(logged[step] == value for step, value in seen)


@pytest.mark.slow
def test_what_is_pruned_does_not_depend_on_timing(line: tuple[Place, Done], project: Path, place: Place) -> None:
    """One at a time: the same trials, pruned at the same steps."""
    before, _ = line
    place.project = project
    tuned(place, entry_point="fit_line", space="./line.yaml", pruner=PRUNER, jobs=1)
    names = ("tuning.params", "tuning.state", "tuning.pruned_at", "tuning.reported")
    of = [[[run.data.tags.get(name) for name in names] for run in p.study().trials] for p in (before, place)]
    assert of[0] == of[1]


@pytest.mark.slow
def test_it_goes_on_with_what_its_pruner_has_seen(line: tuple[Place, Done], project: Path, place: Place) -> None:
    """Ended after some trials and gone on with: the trials, and the prunes, of the study that was not interrupted."""
    before, _ = line
    place.project = project
    for n_trials in (7, 12):
        tuned(place, entry_point="fit_line", space="./line.yaml", pruner=PRUNER, study="two", n_trials=n_trials)
    names = ("tuning.params", "tuning.state", "tuning.pruned_at", "tuning.reported")
    studies = (before.study(), place.named("two"))
    of = [[[run.data.tags.get(name) for name in names] for run in study.trials] for study in studies]
    assert of[0] == of[1]


@pytest.mark.slow
def test_a_shell_command_is_tuned_too(project: Path, place: Place) -> None:
    """An entry point that is no plain Python command runs in a shell below the warm backend."""
    place.project = project
    done = tuned(place, entry_point="shell_line", space="./rate.yaml", n_trials=2)
    assert done.code == 0, done.stderr
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE"] * 2


SLOW = pytest.mark.slow
LINE = {"entry_point": "fit_line"}
WRONG = [
    pytest.param({"entry_point": "fit_lin"}, "--entry_point 'fit_lin'", "did you mean 'fit_line'?", marks=SLOW),
    pytest.param({**LINE, "objective": "auto"}, "--objective 'auto'", "the metric that 'fit_line' logs", marks=SLOW),
    pytest.param({**LINE, "direction": "auto"}, "--direction 'auto'", "maximize or minimize", marks=SLOW),
    pytest.param({"entry_point": "shell_line"}, "momentum", "declares no such parameter", marks=SLOW),
    ({"entry_point": "awk_line"}, "--entry_point 'awk_line'", "has {print}, which is not one of its parameters"),
]


@pytest.mark.parametrize(("parameters", "where", "part"), WRONG)
def test_what_does_not_fit_ends_before_any_child(
    project: Path, place: Place, parameters: dict[str, str], where: str, part: str
) -> None:
    """Exit code 2 and a line that names the parameter and what is allowed."""
    place.project = project
    done = tuned(place, space="./line.yaml", **parameters)
    assert done.code == 2, done.stderr
    assert any(where in line and part in line for line in done.stderr.splitlines()), done.stderr
    assert "Traceback" not in done.stderr
