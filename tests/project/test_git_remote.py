"""The URL where others can have a commit of a project."""

import pytest

from steps.project import git_remote
from steps.project.git_remote import Remote
from tests.e2e.tools import git


@pytest.fixture
def repository(tmp_path):
    """A repository with a commit and no remote; its project is in a subfolder with a blank."""
    folder = tmp_path / "it's a repository"
    (folder / "sub" / "a b").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "sub" / "a b" / "MLproject").write_text("name: x\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    return folder


def found(folder):
    return git_remote.find(folder, git(folder, "rev-parse", "HEAD"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/a/b.git", "https://host/a/b.git"),
        ("https://me:secret@host/a/b", "https://host/a/b"),
        ("https://token@host/a/b", "https://host/a/b"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("ssh://git@host/a/b", "ssh://git@host/a/b"),
        ("ssh://git:secret@host:22/a/b", "ssh://git@host:22/a/b"),
        ("short:a/b", "https://host/a/b"),  # an alias in the user's settings
        ("/srv/git/b", None),
        ("file:///srv/git/b", None),
        ("../b", None),
    ],
)
def test_a_remote_is_named_as_others_reach_it(repository, url, shown):
    """Without a password, with the name that ssh logs in by; a folder that only this machine has is none."""
    assert found(repository) is None
    git(repository, "remote", "add", "origin", url)
    git(repository, "config", "url.https://secret@host/.insteadOf", "short:")
    assert found(repository) == (Remote(shown) if shown else None)


def test_the_subfolder_is_part_of_it(repository):
    """Also one with a blank; one with a dot no `mlflow run` takes from a URL."""
    git(repository, "remote", "add", "origin", "https://host/a/b")
    assert found(repository / "sub" / "a b") == Remote("https://host/a/b#sub/a b")
    (repository / "sub" / "v1.2").mkdir()
    assert found(repository / "sub" / "v1.2") is None


def test_of_several_remotes_that_one_counts_that_has_the_commit(repository):
    """As far as git knows here; else origin, else the first. One that is known not to have it is told."""
    git(repository, "remote", "add", "zeta", "https://host/zeta/b")
    assert found(repository) == Remote("https://host/zeta/b")
    git(repository, "remote", "add", "origin", "https://host/origin/b")
    git(repository, "remote", "add", "fork", "https://host/fork/b")
    assert found(repository) == Remote("https://host/origin/b")
    git(repository, "update-ref", "refs/remotes/fork/main", "HEAD")
    assert found(repository) == Remote("https://host/fork/b")
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert found(repository) == Remote("https://host/origin/b", has_commit=False)


def test_wherever_its_tree_is(repository, tmp_path):
    """A tag that is checked out, a second work tree, a shallow clone and a submodule: each names its own remote."""
    origin = repository.as_uri()
    git(repository, "tag", "--annotate", "--message", "v1", "v1")
    git(tmp_path, "clone", "--quiet", "--depth=1", origin, "shallow")
    git(tmp_path, "-c", "protocol.file.allow=always", "clone", "--quiet", "--branch", "v1", origin, "tagged")
    git(tmp_path / "tagged", "worktree", "add", "--quiet", "--detach", "../linked")
    (tmp_path / "above").mkdir()
    git(tmp_path / "above", "init", "--quiet")
    git(tmp_path / "above", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin, "lib")
    for place in ("shallow", "tagged", "above/lib"):
        git(tmp_path / place, "remote", "set-url", "origin", f"https://host/{place}")
        assert found(tmp_path / place / "sub") == Remote(f"https://host/{place}#sub"), place
    assert found(tmp_path / "linked" / "sub") == Remote("https://host/tagged#sub")
