"""What of a project stands in working folders: all of it is there to be read, and what is written stays there."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from steps.project.snapshot import Snapshot
from steps.project.working_folder import WorkingFolder
from tests.e2e.tools import git

MB = 1_000_000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a bit of everything; the temporary folder is elsewhere."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    root = tmp_path / "above" / "my project"
    for folder in ("src/package", "data", "raw", "conf", ".venv/bin", "named/bin"):
        (root / folder).mkdir(parents=True)
    (root / "fit.py").write_text("import helper\nprint(helper.WORD)\n")
    (root / "helper.py").write_text("WORD = 'here'\n")
    (root / "src" / "package" / "__init__.py").write_text("")
    (root / "run.sh").write_text("#!/bin/sh\necho run\n")
    (root / "run.sh").chmod(0o755)
    (root / "conf" / "fixed.yaml").write_text("a: 1\n")
    (root / "conf" / "fixed.yaml").chmod(0o444)
    (root / "data" / "small.csv").write_text("a,b\n")
    (root / "data" / "large.bin").write_bytes(bytes(2 * MB))
    for number in range(600):
        (root / "raw" / f"{number}.txt").write_text(str(number))
    (root / "named" / "pyvenv.cfg").write_text("")
    (tmp_path / "above" / "beside.csv").write_text("beside\n")
    return root


def written(root: Path, tmp_path: Path, **how: Any) -> Path:
    return write(Snapshot(root, **how), tmp_path / "working")


def write(snapshot: Snapshot, path: Path) -> Path:
    """Make a working folder; return the project's folder there."""
    working = WorkingFolder(snapshot, path)
    working.restore()
    return working.project


def kinds(folder: Path) -> dict[str, str]:
    """What stands in a folder: folders, files and links, by their paths."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            entry = Path(path) / name
            kind = "link" if entry.is_symlink() else "folder" if entry.is_dir() else "file"
            found[str(entry.relative_to(folder))] = kind
    return found


def test_what_is_copied_and_what_is_linked(project, tmp_path):
    """Sources and small files are the trial's own; large files, folders of many files and environments are links."""
    assert kinds(written(project, tmp_path)) == {
        "fit.py": "file",
        "helper.py": "file",
        "run.sh": "file",
        "src": "folder",
        "src/package": "folder",
        "src/package/__init__.py": "file",
        "conf": "folder",
        "conf/fixed.yaml": "file",
        "data": "folder",
        "data/small.csv": "file",
        "data/large.bin": "link",
        "raw": "link",
        ".venv": "link",
        "named": "link",
    }


def test_all_can_be_read_as_in_the_project(project, tmp_path):
    """Contents, permissions and times are the project's; the folder has its name, and `..` leads beside it."""
    folder = written(project, tmp_path)
    for path in project.rglob("*"):
        there = folder / path.relative_to(project)
        assert there.is_dir() if path.is_dir() else there.read_bytes() == path.read_bytes()
    assert (folder.name, (folder / "run.sh").stat().st_mode & 0o777) == ("my project", 0o755)
    assert (folder / "conf" / "fixed.yaml").stat().st_mode & 0o777 == 0o444
    assert (folder / "fit.py").stat().st_mtime_ns == (project / "fit.py").stat().st_mtime_ns
    assert Path(f"{folder}/../beside.csv").read_text() == "beside\n"


def test_a_script_finds_the_modules_beside_its_copy(project, tmp_path):
    """Python looks beside the file that a link leads to; so a trial that writes a module imports its own."""
    folder = written(project, tmp_path)
    (folder / "helper.py").write_text("WORD = 'mine'\n")
    done = subprocess.run([sys.executable, "fit.py"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "mine\n"


def test_an_edit_meanwhile_reaches_no_trial(project, tmp_path):
    """The study's trials all run what was there at its start."""
    snapshot = Snapshot(project)
    (project / "helper.py").write_text("WORD = 'edited'\n")
    assert (write(snapshot, tmp_path / "working") / "helper.py").read_text() == "WORD = 'here'\n"


@pytest.mark.parametrize("inner", ["", "inner", "a/b/inner"])
def test_git_knows_the_commit(inner, tmp_path):
    """In the project, or where it is a folder in its repository."""
    repository = tmp_path / "above" / "repository"
    project = repository / inner
    project.mkdir(parents=True)
    (project / "fit.py").write_text("")
    (repository / "top.txt").write_text("top")
    (repository.parent / "beside.txt").write_text("beside")
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "one")
    folder = written(project, tmp_path)
    assert git(folder, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
    up = "/".join(".." for _ in Path(inner).parts) or "."
    assert Path(f"{folder}/{up}/top.txt").read_text() == "top"
    assert Path(f"{folder}/{up}/../beside.txt").read_text() == "beside"


def test_links_of_the_project(project, tmp_path):
    """One into the project leads to the trial's own copy, however it is written; another where it led; or nowhere."""
    (project / "relative").symlink_to("data/small.csv")
    (project / "conf" / "absolute").symlink_to(project / "data" / "small.csv")
    (project / "folder").symlink_to("data")
    (project / "round").symlink_to(".")
    (project / "outside").symlink_to("../beside.csv")
    (project / "nowhere").symlink_to("gone")
    folder = written(project, tmp_path)
    (folder / "data" / "small.csv").write_text("mine")
    for name in ("relative", "conf/absolute", "folder/small.csv", "round/round/data/small.csv"):
        assert (folder / name).read_text() == "mine"
    assert (folder / "outside").read_text() == "beside\n"
    assert (folder / "nowhere").is_symlink()


def test_what_can_not_be_copied_is_a_link(project, tmp_path, monkeypatch):
    """Sockets, pipes, and what may not be read."""
    os.mkfifo(project / "pipe")
    (project / "secret.txt").write_text("secret")
    read = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "secret.txt":
            raise PermissionError  # as for anybody but root
        return read(path)

    monkeypatch.chdir(project)  # a socket's path may have 107 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        monkeypatch.setattr(Path, "read_bytes", read_bytes)
        found = kinds(written(project, tmp_path))
    assert {found[name] for name in ("pipe", "socket", "secret.txt")} == {"link"}


def test_what_is_shared_is_a_link(project, tmp_path):
    """Such as the tracking database: a copy of it would take what a trial logs."""
    (project / "mlflow.db").write_text("")
    (project / "mlruns").mkdir()
    found = kinds(written(project, tmp_path, shared=[project / "mlflow.db"]))
    assert (found["mlflow.db"], found["mlruns"]) == ("link", "link")


def test_a_temporary_folder_in_the_project_is_a_link(project, tmp_path, monkeypatch):
    """The working folders are in it."""
    (project / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(project / "tmp"))
    assert kinds(write(Snapshot(project), project / "tmp" / "working"))["tmp"] == "link"


def test_a_folder_that_holds_too_much_beside_is_named(project, tmp_path):
    """A trial can't reach it by a path upwards."""
    assert Snapshot(project).hidden == []
    for number in range(1001):
        (project.parent / f"{number}.txt").write_text("")
    snapshot = Snapshot(project)
    assert snapshot.hidden == [project.parent]
    assert (write(snapshot, tmp_path / "working") / "fit.py").exists()


def test_what_lies_beside_a_clone_is_left_out(project, monkeypatch):
    """MLflow clones a Git URL to the temporary folder, where nothing else is the project's."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(project.parent))
    folder = write(Snapshot(project), project.parent / "working")
    assert list(folder.parent.iterdir()) == [folder]


def test_without_what_is_beside(project, tmp_path):
    """The folder itself is the project's then."""
    assert written(project, tmp_path, beside=False) == tmp_path / "working"
    assert (tmp_path / "working" / "fit.py").exists()


def test_a_large_project_costs_no_seconds(tmp_path):
    """Of 10,000 files in many folders those near the root are copied, the folders further down are links."""
    root = tmp_path / "above" / "project"
    for one in range(20):
        for two in range(20):
            (root / f"folder {one}" / f"{two}").mkdir(parents=True)
            for three in range(25):
                (root / f"folder {one}" / f"{two}" / f"{three}.py").write_text("")
    snapshot = Snapshot(root)
    began = time.process_time()
    write(snapshot, tmp_path / "working")
    assert time.process_time() - began < 1.0
    found = kinds(write(snapshot, tmp_path / "again"))
    assert len(found) < 3000
    assert found["folder 0"] == "folder"
