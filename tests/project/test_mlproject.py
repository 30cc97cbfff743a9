"""MLproject, read without MLflow."""

import pytest
from mlflow.projects.utils import load_project

from steps.parameters.tune_settings import TuneSettings
from steps.project import environment, mlproject
from steps.tuning import child_preload, entry_point, tuned_project


def test_the_commands_are_those_that_mlflow_reads():
    """Each entry point's command is the one that MLflow would execute."""
    project = load_project(str(environment.PROJECT))
    commands = mlproject.commands()
    assert {"main", "train", "tune", "reproduce"} <= commands.keys()
    assert all(project.get_entry_point(name).command == command for name, command in commands.items())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m steps.train --data {data}", True),
        ("CUDA_VISIBLE_DEVICES=0 python3 -u -m steps.train", True),
        ("python  -m  steps.train", True),
        ("python -m steps.train_large", False),
        ("python -m steps.training.run", False),
        ("python -m mysteps.train", False),
        ("python steps.train", False),
        ("python train.py", False),
        ("", False),
    ],
)
def test_the_training_step_is_known_by_its_module(command, expected):
    """Whatever stands around it; another module that is only called alike is another step."""
    assert mlproject.runs_train(command) == expected


def test_an_entry_point_of_any_name_that_runs_the_training_step_is_tuned_as_train_is(tmp_path, monkeypatch):
    """It takes hyperparameters that it does not declare, and its data is read before the first child: one rule."""
    text = (environment.PROJECT / "MLproject").read_text()
    own = "  train_gpu:\n    command: python -m steps.train --data iris\n  other:\n    command: python other.py\n"
    (tmp_path / "MLproject").write_text(text + own)
    (tmp_path / "conda.yaml").write_text((environment.PROJECT / "conda.yaml").read_text())
    for module in (mlproject, tuned_project):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    for name, runs_train in (("train", True), ("main", True), ("train_gpu", True), ("other", False)):
        assert entry_point.find(name, tuned_project.this_project()).runs_train == runs_train
        calls = [path for path, _ in child_preload.calls(TuneSettings(entry_point=name))]
        assert ("steps.training.run_plan:prepare" in calls) == runs_train
