"""Another project on its way to a node: packed here, unpacked there."""

import os
import sys
from types import SimpleNamespace

import pytest

from steps.backends.ray import shipped_project
from steps.backends.ray.shipped_project import ShippedProject
from steps.errors import WrongValue
from steps.project.declared_environment import LOCAL


def _paths(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def project(tmp_path):
    """A project with an ignored data file, an empty folder, links, version control, environments and old runs."""
    folder = tmp_path / "venv"  # a name that is left out inside a project
    for name in (".git", "src", "empty", "own-environment", "mlruns", ".tune-1"):
        (folder / name).mkdir(parents=True)
    (folder / ".gitignore").write_text("data.csv\n")
    (folder / "data.csv").write_text("a,b\n")
    (folder / "src" / "fit.py").write_text("print(1)\n")
    (folder / "src" / "fit.py").chmod(0o755)
    (folder / "own-environment" / "pyvenv.cfg").write_text("")
    (folder / "mlruns" / "run").write_text("")
    (folder / "main.py").symlink_to("src/fit.py")
    (folder / "everywhere").symlink_to("/nowhere/data")
    os.link(folder / "data.csv", folder / "again.csv")
    return folder


def test_a_node_gets_a_project_s_own_files(project, tmp_path):
    """Data that git ignores, links and rights too, but not what is no source: nobody would carry an environment."""
    shipped_project.unpack(shipped_project.pack(project, "p"), tmp_path / "there")
    there = tmp_path / "there"
    assert _paths(there) == {
        ".gitignore", "data.csv", "again.csv", "src", "src/fit.py", "empty", "main.py", "everywhere",
    }  # fmt: skip
    assert (there / "data.csv").read_text() == (there / "again.csv").read_text() == "a,b\n"
    assert (there / "main.py").readlink().name == "fit.py"
    assert str((there / "everywhere").readlink()) == "/nowhere/data"
    assert os.access(there / "src" / "fit.py", os.X_OK)


def test_a_project_that_is_too_large_is_refused(project):
    """In one line, which says where else data may be."""
    with (project / "large").open("wb") as file:
        file.truncate(shipped_project.MOST_BYTES + 1)
    with pytest.raises(WrongValue) as caught:
        shipped_project.pack(project, "here")
    assert str(caught.value) == (
        "--project 'here': has more than 512 MB of files, too much for Ray to carry to its nodes: keep data elsewhere, "
        "and give trials its URI, or a path that every node has"
    )


def test_a_worker_unpacks_a_project_once(project, tmp_path, monkeypatch):
    """It is there once all of its files are; what an interrupted worker has left half is written anew."""
    content = shipped_project.pack(project, "p")
    asked = []

    def get(reference):
        asked.append(reference)
        return content

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(get=get))
    shipped = ShippedProject("p", LOCAL, ("reference",))
    folder = tmp_path / "worker"
    (folder / "other.unfinished" / "src").mkdir(parents=True)
    for _ in range(2):
        root, program, modules = shipped.get_ready(folder)
        assert (root / "data.csv").exists()
        assert not program.activation
        assert "mlflow" in modules
    assert asked == ["reference"]
