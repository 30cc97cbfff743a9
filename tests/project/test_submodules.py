"""The submodules of a work tree that was just made."""

import time

import pytest

from steps.project import submodules
from steps.project.git import Git
from tests.e2e.tools import git


@pytest.fixture
def repository(tmp_path):
    """A repository with a submodule of a commit that its remote, which is gone, has never had."""
    library, folder = tmp_path / "a library", tmp_path / "it"
    for place in (library, folder):
        place.mkdir()
        git(place, "init", "--quiet", "--initial-branch=main")
    git(library, "commit", "--quiet", "--allow-empty", "--message", "one")
    git(folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.as_uri(), "a lib")
    (folder / "a lib" / "code.py").write_text("x = 1\n")
    for place in (folder / "a lib", folder):
        git(place, "add", "--all")
        git(place, "commit", "--quiet", "--message", "two")
    library.rename(tmp_path / "gone")
    return folder


def in_folder(folder):
    return Git(folder, time.monotonic() + 240)


def test_what_is_cloned_here_is_taken(repository, tmp_path):
    """In a work tree and in a clone, though the remote can't be reached; what the user set up stays."""
    settings = git(repository, "config", "--list", "--local")
    git(repository, "worktree", "add", "--quiet", "--detach", "../tree")
    git(tmp_path, "clone", "--quiet", "it", "clone")
    for place in ("tree", "clone"):
        assert submodules.get(in_folder(tmp_path / place), in_folder(repository)) == ""
        assert (tmp_path / place / "a lib" / "code.py").exists()
    git(repository, "worktree", "remove", "--force", "../tree")
    assert git(repository, "config", "--list", "--local") == settings


def test_what_is_nowhere_is_told(repository, tmp_path):
    """In one line; a tree without submodules has nothing to get."""
    git(tmp_path, "clone", "--quiet", "it", "clone")
    problem = submodules.get(in_folder(tmp_path / "clone"), in_folder(tmp_path / "clone"))
    assert problem.startswith("`git submodule`: ")
    assert "\n" not in problem
    assert submodules.get(in_folder(tmp_path / "gone"), in_folder(repository)) == ""
