"""The project that is tuned: which entry point is meant, and what makes it the project that it is."""

import shutil
from pathlib import Path

import mlflow
import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.project.declared_environment import search_path
from steps.project.environment import PROJECT
from steps.tuning import entry_point, tuned_project
from steps.tuning.tuned_project import TunedProject
from tests.e2e.tools import git


def project(folder: Path, mlproject: str | None) -> TunedProject:
    folder.mkdir(exist_ok=True)
    if mlproject is not None:
        (folder / "mlPROJECT").write_text(mlproject)
    return tuned_project.find(TuneSettings(project=str(folder)), folder)


def entries(**commands: str) -> str:
    lines = [f"  {name}: {{command: '{command}'}}\n" for name, command in commands.items()]
    return "entry_points:\n" + "".join(lines)


@pytest.mark.parametrize(
    ("commands", "meant"),
    [
        ({"a": "a.sh", "main": "b.sh"}, "main"),
        ({"a": "a.sh"}, "a"),
        ({"a": "a.sh", "tune": "b.sh"}, "a"),
        ({"a": "a.sh", "search": "python -m steps.tune"}, "a"),
    ],
)
def test_auto_is_main_or_the_only_one_that_tunes_nothing(tmp_path, commands, meant):
    """Of another project; of this one it is train."""
    assert project(tmp_path, entries(**commands)).training() == meant
    assert tuned_project.this_project().training() == "train"


@pytest.mark.parametrize(
    ("mlproject", "name", "said"),
    [
        (entries(fit="a.sh", score="b.sh"), "auto", "has no main; must be one of fit, score"),
        (entries(fit="a.sh", score="b.sh"), "fitt", "(did you mean 'fit'?); allowed: fit, score"),
        (entries(fit="a.sh"), "none.py", "there is no such file in "),
        (entries(search="python -m steps.tune"), "search", "is the tuning step itself"),
        (None, "auto", "has no MLproject that declares an entry point"),
        ("name: nothing\n", "auto", "has no MLproject that declares an entry point"),
        ("", "main", "declares no such entry point; allowed: the path of a .py or .sh file"),
        ("entry_points: [fit\n", "auto", "its MLproject can't be read: "),
        ("entry_points: [fit]\n", "auto", "its MLproject can't be read: "),
        ("text\n", "auto", "its MLproject can't be read: "),
    ],
)
def test_an_entry_point_that_is_not_there_is_refused(tmp_path, mlproject, name, said):
    """In one line: the nearest, or those that there are."""
    with pytest.raises(WrongValue) as caught:
        entry_point.find(name, project(tmp_path, mlproject))
    (problem,) = caught.value.problems
    assert said in problem
    assert "\n" not in problem


def test_a_training_step_of_another_project_is_none_of_ours(tmp_path):
    """A copy of this project is tuned as any other: its code may differ."""
    assert entry_point.find("train", tuned_project.this_project()).runs_train
    assert not entry_point.find("fit", project(tmp_path, entries(fit="python -m steps.train"))).runs_train


def test_a_project_is_the_same_wherever_it_lies_until_a_file_differs(tmp_path):
    """What runs leave there, and what git ignores, is no part of it."""
    one, other = tmp_path / "one", tmp_path / "other"
    identities = [project(folder, entries(fit="python fit.py")).identity for folder in (one, other)]
    assert identities[0] == identities[1] != ""
    for left in ("mlflow.db", "mlruns/0/x", "__pycache__/fit.pyc", ".hidden"):
        (one / left).parent.mkdir(parents=True, exist_ok=True)
        (one / left).touch()
    assert project(one, None).identity == identities[0]
    (one / "fit.py").touch()
    assert project(one, None).identity != identities[0]
    git(other, "init", "--quiet")
    (other / ".gitignore").write_text("out\n")
    with_git = project(other, None).identity
    (other / "out").touch()
    assert project(other, None).identity == with_git
    (other / "new.py").touch()
    assert project(other, None).identity != with_git


def test_what_is_no_part_of_a_project_does_not_make_it_another(tmp_path, monkeypatch):
    """The tracking database, whatever its name, and virtual environments; outside a repository, all but sources.

    A folder that git ignores is read all the same. A file that may not be read counts by its name.
    """
    folder = tmp_path / "one"
    first = project(folder, entries(fit="python fit.py")).identity
    (folder / "my env" / "lib").mkdir(parents=True)
    for left in ("runs.db", "runs.db-wal", "my env/pyvenv.cfg", "my env/lib/x.py"):
        (folder / left).touch()
    assert project(folder, None).identity == first
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("one\n")
    assert project(folder, None).identity == first
    (tmp_path / ".gitignore").write_text("my env\n")
    assert project(folder, None).identity != first
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: f"sqlite:///{folder}/runs.db")
    assert project(folder, None).identity == first
    (folder / "fit.py").touch()
    assert project(folder, None).identity != first
    (folder / "fit.py").chmod(0)
    assert project(folder, None).identity != first


def test_a_docker_env_is_for_mlflows_local_backend(tmp_path, monkeypatch):
    """If docker answers; else one line says what is missing, and no trial runs outside of the image."""
    found = project(tmp_path / "project", "docker_env: {image: x}\n" + entries(fit="python fit.py"))
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(WrongValue, match=r"runs in a docker image \(docker_env\), and docker is not installed"):
        found.backend("warm")
    for script, said in (("echo no daemon >&2; exit 1", "docker can't be used: no daemon"), ("exit 0", "")):
        (programs / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "docker").chmod(0o755)
        if said:
            with pytest.raises(WrongValue, match=said):
                found.backend("local")
        else:
            assert (found.backend("warm"), found.backend("kubernetes")) == ("local", "kubernetes")
    assert tuned_project.this_project().backend("warm") == "warm"


def test_a_version_is_what_is_recorded(tmp_path):
    """The full commit, so that a study that goes on takes the same; the folder is the study's own."""
    folder, files = tmp_path / "repository", tmp_path / "files"
    files.mkdir()
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "MLproject").write_text(entries(fit="python fit.py"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    settings = TuneSettings(project=str(folder), version="main")
    found = tuned_project.find(settings, files)
    commit = git(folder, "rev-parse", "HEAD")
    assert (found.uri, found.version, found.identity) == (str(folder), commit, f"commit {commit}")
    assert found.is_fetched
    assert found.folder.is_relative_to(files)
    resolved = tuned_project.resolved(settings, found)
    assert (resolved.project, resolved.version) == (str(folder), commit)
    again = tuned_project.find(resolved, files)
    assert again.identity == found.identity
    assert not project(folder, None).is_fetched


def test_two_folders_of_a_commit_are_two_projects(tmp_path):
    """Each has its own place in the repository in what it is."""
    for name in ("a", "a/b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "MLproject").write_text(entries(fit="python fit.py"))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "x")
    commit = git(tmp_path, "rev-parse", "HEAD")
    for name in ("a", "a/b"):
        settings = TuneSettings(project=f"{tmp_path}#{name}", version="main")
        assert tuned_project.find(settings, tmp_path).identity == f"{name} at commit {commit}"


def test_a_clone_can_not_be_installed_in_place(tmp_path):
    """It is gone when the study ends, and its environment stays; the folder itself can."""
    assert shutil.which("uv", path=search_path()) is not None, "this test needs uv"
    (tmp_path / "MLproject").write_text("python_env: env.yaml\n" + entries(fit="python fit.py"))
    (tmp_path / "env.yaml").write_text("python: '3.11'\ndependencies: [mlflow, -e .]\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "x")
    assert project(tmp_path, None).environment("uv") is not None
    found = tuned_project.find(TuneSettings(project=str(tmp_path), version="main"), tmp_path / ".git")
    with pytest.raises(WrongValue, match=r"installs a folder of the project in place \(-e \.\), which is gone"):
        found.environment("uv")


def test_this_project_has_no_version(tmp_path):
    """By whatever name it is given, it is as it always was."""
    found = tuned_project.find(TuneSettings(project=str(PROJECT)), tmp_path)
    assert found.is_own
    assert found == tuned_project.this_project()
    assert tuned_project.resolved(TuneSettings(project=str(PROJECT)), found) == TuneSettings()
