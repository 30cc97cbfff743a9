"""The digest of a project's files tells one content from another, and not what is no content."""

import shutil
import subprocess

import pytest

from steps.project import content


def _git(folder, *words):
    own = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "protocol.file.allow=always"]
    subprocess.run([*own, *words], cwd=folder, check=True, capture_output=True)


def _repository(folder):
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet")
    (folder / "fit.py").write_text("print(1)\n")
    (folder / ".gitignore").write_text("*.log\n")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "-m", "first")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project in git, with a submodule that is checked out and one that is not."""
    above = tmp_path_factory.mktemp("content")
    library, folder = _repository(above / "library"), _repository(above / "project")
    for name in ("library", "absent"):
        _git(folder, "submodule", "--quiet", "add", str(library), name)
    _git(folder, "commit", "--quiet", "-m", "second")
    _git(folder, "submodule", "--quiet", "deinit", "absent")
    return folder


@pytest.fixture
def project(made, tmp_path):
    """A copy of it, since git takes a fifth of a second to make one."""
    return shutil.copytree(made, tmp_path / "project", symlinks=True)


@pytest.mark.parametrize("file", ["fit.py", "new.py", "deep/new.py", "library/fit.py", "library/new.py"])
def test_a_file_that_changes_or_comes_makes_another_content(project, file):
    """Whether it is committed or not; those of a submodule are the project's, too."""
    before = content.digest(project)
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text("print(2)\n")
    assert content.digest(project) != before


@pytest.mark.parametrize(
    "file", ["fit.log", "library/fit.log", "__pycache__/fit.pyc", "mlruns/0", "mlflow.db", "own.db-wal"]
)
def test_what_git_ignores_and_runs_leave_is_no_content(project, file):
    """Nor is the tracking database, with what SQLite keeps beside it."""
    before = content.digest(project, project / "own.db")
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text("")
    assert content.digest(project, project / "own.db") == before


def test_without_git_the_sources_are_the_content(tmp_path):
    """Not what a run or a person leaves beside them, hidden files, or those of environments."""
    (tmp_path / "fit.py").write_text("print(1)\n")
    before = content.digest(tmp_path)
    (tmp_path / "own").mkdir()
    for file in (".hidden.py", "own/pyvenv.cfg", "own/activate.py", "scores.csv", "output.txt", "best.ckpt", "a.ipynb"):
        (tmp_path / file).write_text("")
    assert content.digest(tmp_path) == before
    for file in ("more.py", "MLproject", "requirements-gpu.txt", "conf.YAML", "fit.py"):
        (tmp_path / file).write_text("changed")
        assert content.digest(tmp_path) != before, file
        before = content.digest(tmp_path)
