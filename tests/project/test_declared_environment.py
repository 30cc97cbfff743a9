"""The environment that a project declares: which manager makes it, once, and whole."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.projects.utils import load_project

from steps.errors import WrongValue
from steps.process.signals import Interrupts
from steps.project import declared_environment, installed, ready_environment
from steps.project.declared_environment import CONDA, UV, VIRTUALENV, DeclaredEnvironment, declared
from steps.project.environment import PROJECT
from steps.project.ready_environment import ReadyEnvironment, get_ready
from tests.standin import standin_conda
from tests.waits import until

CONDA_FILE = "dependencies: [python=3.11, pip, {pip: [mlflow-skinny]}]\n"
PYTHON_FILE = f'python: "{sys.version_info.major}.{sys.version_info.minor}"\ndependencies: []\n'


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """MLflow keeps its environments in a folder of the test's; no conda is found but one that the test puts there."""
    for name in ("CONDA_EXE", "MLFLOW_CONDA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_ENV_ROOT", str(tmp_path / "envs"))
    return Path(tmp_path)


def project(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def found(folder: Path, manager: str = "auto") -> DeclaredEnvironment | None:
    return declared(load_project(str(folder)), folder, manager)


def programs(folder: Path, *names: str) -> str:
    """Make a PATH that has these programs alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("files", "there", "manager"),
    [
        ({"conda": CONDA_FILE}, ("conda", "uv", "pyenv"), CONDA),
        ({"conda": CONDA_FILE}, ("uv", "pyenv"), UV),
        ({"conda": CONDA_FILE}, ("pyenv",), VIRTUALENV),
        ({"python_env": PYTHON_FILE}, ("conda", "uv", "pyenv"), UV),
        ({"python_env": PYTHON_FILE}, ("conda", "pyenv"), VIRTUALENV),
        ({}, ("conda", "uv", "pyenv"), None),
    ],
)
def test_auto_takes_what_suits_the_file_and_is_there(root, monkeypatch, files, there, manager):
    """Conda for a conda.yaml, else uv, else virtualenv; a project that declares nothing runs where the tuner does."""
    monkeypatch.setattr(declared_environment, "search_path", lambda: programs(root / "bin", *there))
    environment = found(project(root / "project", **files))
    assert (environment.manager if environment else None) == manager


@pytest.mark.parametrize(
    ("files", "there", "manager", "said"),
    [
        (
            {"python_env": PYTHON_FILE},
            ("conda",),
            "conda",
            "declares a python_env (python_env.yaml), which conda can't",
        ),
        ({"conda": CONDA_FILE}, (), "conda", "conda is not installed; must be uv or virtualenv, or local"),
        ({"conda": CONDA_FILE}, (), "uv", "uv is not installed; must be virtualenv or conda, or local"),
        ({"conda": CONDA_FILE}, (), "auto", "pyenv is not installed; must be uv or conda, or local"),
        ({"python_env": "python: 3.11\n"}, ("uv",), "uv", "python_env.yaml can't be read: `python` must be a string"),
        ({"python_env": "pythn: '3.11'\n"}, ("uv",), "uv", "python_env.yaml can't be read: "),
        ({"python_env": "[\n"}, ("uv",), "uv", "python_env.yaml can't be read: "),
    ],
)
def test_what_can_not_be_made_is_one_line(root, monkeypatch, files, there, manager, said):
    """The manager that was given, what is missing, and what would do."""
    monkeypatch.setattr(declared_environment, "search_path", lambda: programs(root / "bin", *there))
    folder = project(root / "project", **files)
    with pytest.raises(WrongValue) as caught:
        found(folder, manager)
    (problem,) = caught.value.problems
    assert problem.startswith(f"--env_manager {manager!r}: ")
    assert said in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("python_env", "python: '3.11'\ndependencies: [-r more.txt, six, -e git+https://host/x, --editable=.]\n"),
        ("conda", "dependencies: [python=3.11, {pip: [-r more.txt, six, '-e  git+ssh://me@host/x', --editable=.]}]\n"),
    ],
)
def test_folders_that_are_installed_in_place_are_listed(root, monkeypatch, file, text):
    """Those of files that are named too; what is cloned into the environment is none."""
    monkeypatch.setattr(declared_environment, "search_path", lambda: programs(root / "bin", "uv"))
    folder = project(root / "project", **{file: text})
    (folder / "more.txt").write_text("-e ./lib # ours\n")
    environment = found(folder, "uv")
    assert environment is not None
    assert environment.editable == ["-e ./lib", "--editable=."]


def test_what_is_installed_is_told_by_any_python():
    """The program and the module agree, and a name has one spelling."""
    done = subprocess.run([sys.executable, str(installed.__file__)], capture_output=True, text=True, check=True)
    packages = installed.packages()
    assert packages["mlflow"] in done.stdout
    assert packages["scikit-learn"]
    assert installed.normal("scikit_Learn") == "scikit-learn"
    assert ready_environment.own().packages == packages


@pytest.fixture
def slow_uv(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that waits, once it has begun an environment, until a file is there; each of them leaves a line."""
    uv = shutil.which("uv", path=declared_environment.search_path())
    assert uv is not None, "these tests need uv"
    folder = root / "bin"
    folder.mkdir()
    (folder / "uv").write_text(
        f'#!/bin/bash\n[ "$1" = venv ] || exec {uv} "$@"\n{uv} "$@" && echo begun >>{root}/begun\n'
        f"until [ -e {root}/go ]; do sleep 0.05; done\n"
    )
    (folder / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return root


def builder(folder: Path) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "steps.project.build_environment", "uv", str(folder)]
    return subprocess.Popen(words, cwd=PROJECT, start_new_session=True)


def begun(root: Path) -> int:
    return (root / "begun").read_text().count("begun") if (root / "begun").exists() else 0


@pytest.mark.e2e
def test_two_at_once_make_it_once_and_a_half_one_is_made_anew(slow_uv):
    """The second waits for the first; what a killed one has left is not taken for an environment."""
    root, folder = slow_uv, project(slow_uv / "project", python_env=PYTHON_FILE)
    killed = builder(folder)
    until(lambda: begun(root) == 1, 240, "an environment that was begun")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    environment = found(folder, "uv")
    assert environment is not None
    assert environment.exists()
    assert not environment.is_ready()
    both = [builder(folder), builder(folder)]
    until(lambda: begun(root) == 2, 240, "an environment that was begun anew")
    (root / "go").touch()
    assert [process.wait(timeout=240) for process in both] == [0, 0]
    assert begun(root) == 2
    assert environment.is_ready()


@pytest.mark.e2e
def test_meanwhile_the_study_lives(slow_uv):
    """What is to be done while an environment is made is done; an error of it ends what makes it."""
    root, folder = slow_uv, project(slow_uv / "project", python_env=PYTHON_FILE)
    environment = found(folder, "uv")
    assert environment is not None

    def lost() -> None:
        if begun(root):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        get_ready(environment, "it", root / "log", Interrupts(), lost)
    assert not environment.is_ready()
    with pytest.raises(WrongValue, match="mlflow is not in its environment"):
        get_ready(environment, "it", root / "log", Interrupts(), (root / "go").touch)
    assert environment.is_ready()


@pytest.mark.e2e
def test_what_fails_is_told_with_its_last_lines_and_what_lacks_mlflow_is_refused(root):
    """A package that is not there: what the installer says of it. None of MLflow: how to mend that."""
    pins = PYTHON_FILE.replace("[]", "[no-such-package-at-all==1]")
    with pytest.raises(WrongValue) as caught:
        ready(project(root / "one", python_env=pins), root)
    (problem,) = caught.value.problems
    assert problem.startswith("--project 'one': its environment can't be made by uv:\n    ")
    assert "no-such-package-at-all" in problem
    with pytest.raises(WrongValue) as caught:
        ready(project(root / "two", python_env=PYTHON_FILE), root)
    (problem,) = caught.value.problems
    assert "mlflow is not in its environment (python_env.yaml, made by uv)" in problem


def ready(folder: Path, root: Path, manager: str = "uv") -> ReadyEnvironment:
    environment = found(folder, manager)
    assert environment is not None
    return get_ready(environment, folder.name, root / "log", Interrupts())


@pytest.mark.e2e
@pytest.mark.parametrize("found_by", ["CONDA_EXE", "PATH"])
def test_conda_makes_and_activates_it(root, monkeypatch, found_by):
    """Also where conda is found on PATH alone, behind a virtual environment with an `activate` of its own."""
    for name, value in standin_conda(root / "conda", found_by=found_by).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (root / "conda").mkdir()
    file = "dependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - mlflow-skinny==2.22.1\n"
    made = ready(project(root / "project", conda=file), root, "conda")
    assert made.packages["mlflow-skinny"] == "2.22.1"
    assert made.python.startswith("3.11.")
    assert made.declared == ("conda.yaml", file)
