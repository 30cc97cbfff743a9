import os
import subprocess
import sys

import pytest

from steps.names import Variable
from steps.process import remedy
from steps.project.environment import PROJECT


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """An environment of this process's own, below a folder with a blank; no conda, nothing of MLflow's is set."""
    for name in ("CONDA_PREFIX", "CONDA_EXE", "MLFLOW_CONDA_HOME", "MLFLOW_RUN_ID", Variable.BY_MLFLOW):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    prefix = tmp_path / "an environment"
    monkeypatch.setattr(sys, "prefix", str(prefix))
    for folder in (tmp_path / "bin", prefix / "bin"):
        folder.mkdir(parents=True)
    return prefix


def test_without_a_sign_of_the_cause_all_ways_are_named(plain):
    """The scripts, MLflow and a person can make or activate the right one."""
    assert remedy.for_environment() == remedy.ANY


@pytest.mark.parametrize(
    ("maker", "command"),
    [("conda", "`conda env remove -y -n mlflow-4f2a`"), ("uv", "`rm -rf '{envs}/mlflow-4f2a'`")],
)
@pytest.mark.parametrize("has_python", [True, False])
def test_one_that_mlflow_made_half_is_to_be_removed(plain, monkeypatch, maker, command, has_python):
    """By its name or its folder. Conda's may lack even Python, so that another one runs; it is the one activated."""
    made = plain / "mlflow-4f2a"
    made.mkdir()
    if maker == "conda":
        (made / "conda-meta").mkdir()
        monkeypatch.setenv("CONDA_PREFIX", str(made))
    if has_python or maker == "uv":
        monkeypatch.setattr(sys, "prefix", str(made))
    assert command.format(envs=plain) in remedy.for_environment()


def test_a_virtual_environment_that_mlflow_took_for_condas_is_told(plain, tmp_path, monkeypatch):
    """Where conda is found on PATH alone, and the active environment's `activate` before conda's."""
    (tmp_path / "bin" / "conda").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "conda").chmod(0o755)
    for folder in (tmp_path / "bin", plain / "bin"):
        (folder / "activate").touch()
    monkeypatch.setenv("PATH", os.pathsep.join([str(plain / "bin"), str(tmp_path / "bin")]))
    assert remedy.for_environment() == remedy.ANY  # no `mlflow run` has started it
    monkeypatch.setenv("MLFLOW_RUN_ID", "4f2a")
    assert remedy.for_environment() != remedy.ANY
    monkeypatch.delenv("MLFLOW_RUN_ID")  # as MLflow does when a step takes the run up
    monkeypatch.setenv(Variable.BY_MLFLOW, "true")
    said = remedy.for_environment()
    assert (
        f"has found the `activate` of {plain} before conda's: `export MLFLOW_CONDA_HOME=$(conda info --base)`" in said
    )
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), str(plain / "bin")]))
    assert remedy.for_environment() == remedy.ANY
    monkeypatch.setenv("PATH", os.pathsep.join([str(plain / "bin"), str(tmp_path / "bin")]))
    monkeypatch.setenv("MLFLOW_CONDA_HOME", str(tmp_path))
    assert remedy.for_environment() == remedy.ANY


def test_it_needs_no_package():
    """A step says it in any Python that lacks them all."""
    words = [sys.executable, "-S", "-c", "from steps.process import remedy; print(remedy.for_environment())"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip()
