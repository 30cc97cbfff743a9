import os
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.project.git import Git, GitFailed
from steps.tuning.checks import git_diff, git_state
from tests.e2e.tools import git
from tests.waits import promised

BINARY = bytes(range(256)) * 3


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, in a folder with a blank, a quote and a colon."""
    folder = tmp_path / "it's a: repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "code.py").write_text("one\ntwo\nthree\n")
    (folder / "binary").write_bytes(BINARY)
    (folder / "gone.txt").write_text("once\n")
    (folder / ".gitignore").write_text("/mlruns/\n*.db\n")
    (folder / "project").mkdir()
    (folder / "project" / "MLproject").write_text("name: x\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "it is here")
    return folder


def contents(folder):
    """What stands in a folder, but for git's own: kind, mode and content by path."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if ".git" in path.relative_to(folder).parts or (path.is_dir() and not path.is_symlink()):
            continue
        content = path.readlink() if path.is_symlink() else (path.stat().st_mode & 0o111, path.read_bytes())
        files[str(path.relative_to(folder))] = content
    return files


def of_git(folder):
    """All of git's own files, as they stand."""
    return {path: path.read_bytes() for path in sorted((folder / ".git").rglob("*")) if path.is_file()}


def applied(repository, diff, tmp_path):
    """A clone of a repository's commit, with a diff applied to it."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    (tmp_path / "git.diff").write_bytes(diff)
    git(clone, "apply", "--binary", str(tmp_path / "git.diff"))
    return clone


def everything(folder):
    """Change a repository in every way."""
    (folder / "code.py").write_text("one\n2\nthree")  # with no line end
    (folder / "binary").write_bytes(BINARY[::-1])
    (folder / "gone.txt").unlink()
    git(folder, "mv", "project/MLproject", "project/moved")
    (folder / "staged.py").write_text("staged\n")
    git(folder, "add", "staged.py")
    (folder / "staged.py").write_text("and changed again\n")
    (folder / "new.bin").write_bytes(BINARY)
    (folder / "empty").touch()
    (folder / "run me").write_text("#!/bin/sh\n")
    (folder / "run me").chmod(0o755)
    (folder / "link").symlink_to("code.py")
    (folder / "a [folder] of*").mkdir()
    (folder / "a [folder] of*" / 'it\'s é "new"\n').write_text("\r\n\tx \n")


@pytest.mark.parametrize("configured", [(), ("noprefix", "external", "renames", "color")], ids=["plain", "configured"])
def test_the_diff_makes_the_same_tree_of_the_commit(repository, configured, tmp_path):
    """Changed, new, moved, deleted, staged, binary and empty files, links and modes: a clone with the diff has them."""
    settings = {
        "noprefix": ("diff.noprefix", "true"),
        "external": ("diff.external", "false"),
        "renames": ("diff.renames", "copies"),
        "color": ("color.ui", "always"),
    }
    for name in configured:
        git(repository, "config", *settings[name])
    everything(repository)
    state = git_state.read(repository)
    assert state is not None
    assert state.left_out == ()
    assert {"code.py", "gone.txt", "new.bin", "staged.py", 'a [folder] of*/it\'s é "new"\n'} <= set(state.changed)
    assert contents(applied(repository, state.diff, tmp_path)) == contents(repository)


def test_git_is_only_asked(repository):
    """Not a file of git's own is touched: neither the index nor an object."""
    everything(repository)
    before = of_git(repository)
    git_state.read(repository)
    assert of_git(repository) == before


def test_a_tree_as_it_was_committed_is_clean(repository):
    """What .gitignore names is no dirt, nor is a file that was only touched."""
    (repository / "mlruns").mkdir()
    (repository / "mlruns" / "x").touch()
    (repository / "mlflow.db").touch()
    (repository / "code.py").touch()
    assert git_state.read(repository) == git_state.GitState()


def test_a_folder_inside_the_tree_is_of_the_whole_tree(repository, tmp_path):
    """A project in a part of a repository: what lies beside it counts too, and the paths are the repository's."""
    (repository / "code.py").write_text("changed\n")
    state = git_state.read(repository / "project")
    assert state is not None
    assert state.changed == ("code.py",)
    assert contents(applied(repository, state.diff, tmp_path)) == contents(repository)


def test_a_tree_that_is_in_no_repository_has_no_state(tmp_path):
    """Without git's own folder there is nothing to tell."""
    assert git_state.read(tmp_path) is None


def test_without_git_there_is_no_state(repository, monkeypatch):
    """Nor where git is not installed."""
    monkeypatch.setenv("PATH", "")
    assert git_state.read(repository) is None


def test_before_the_first_commit_all_is_new(tmp_path):
    """A repository without a commit differs from it in every file."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("x\n")
    state = git_state.read(tmp_path)
    assert state is not None
    assert state.changed == ("code.py",)
    assert b"+x" in state.diff


def test_a_conflict_is_dirt_as_it_stands(repository, tmp_path):
    """In the middle of a merge the diff has the files as they lie there."""
    git(repository, "checkout", "--quiet", "-b", "other")
    (repository / "code.py").write_text("theirs\n")
    git(repository, "commit", "--quiet", "--all", "--message", "theirs")
    git(repository, "checkout", "--quiet", "main")
    (repository / "code.py").write_text("ours\n")
    git(repository, "commit", "--quiet", "--all", "--message", "ours")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")
    state = git_state.read(repository)
    assert state is not None
    assert state.changed == ("code.py",)
    assert contents(applied(repository, state.diff, tmp_path)) == contents(repository)


def test_a_work_tree_beside_its_repository_is_read_too(repository, tmp_path):
    """A linked work tree has its index elsewhere."""
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked))
    assert git_state.read(linked) == git_state.GitState()
    (linked / "new").write_text("x\n")
    state = git_state.read(linked)
    assert state is not None
    assert contents(applied(repository, state.diff, tmp_path)) == contents(linked)


def test_the_environment_of_a_git_hook_leads_nowhere_else(repository, tmp_path, monkeypatch):
    """GIT_DIR and its like, which a hook has, are not followed."""
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/no/such/index")
    assert git_state.read(repository) == git_state.GitState()


def test_a_big_file_is_left_out_and_named(repository, tmp_path, monkeypatch):
    """It is dirt, it is not in the diff, and the rest still applies."""
    monkeypatch.setattr(git_diff, "DIFF_BYTES", 1000)
    (repository / "big [x].csv").write_text("1,2\n" * 1000)
    (repository / "code.py").write_text("changed\n")
    state = git_state.read(repository)
    assert state is not None
    assert set(state.changed) == {"big [x].csv", "code.py"}
    (reason,) = state.left_out
    assert reason.startswith("big [x].csv is left out: ")
    assert (applied(repository, state.diff, tmp_path) / "code.py").read_text() == "changed\n"


def test_what_runs_leave_is_no_dirt(repository):
    """A tracking database by any name, artifacts and caches: new ones, that .gitignore does not name."""
    MlflowClient(f"sqlite:///{repository}/runs.sqlite").search_experiments()
    for name in ("runs.sqlite-journal", "project/mlruns/0/model.pkl", "project/__pycache__/x.pyc"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes(BINARY)
    assert git_state.read(repository) == git_state.GitState()


def test_what_nobody_wants_in_a_diff_is_left_out_and_named(repository, tmp_path):
    """Databases and models, new or changed, and new files that may hold a secret: dirt, and the rest applies."""
    (repository / "model.pkl").write_bytes(BINARY)
    git(repository, "add", "--force", "model.pkl")
    git(repository, "commit", "--quiet", "--message", "a model")
    (repository / "model.pkl").write_bytes(BINARY[::-1])
    with closing(sqlite3.connect(repository / "table.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE x (y)")
    (repository / ".env").write_text("TOKEN=sesame\n")
    (repository / "code.py").write_text("changed\n")
    state = git_state.read(repository)
    assert state is not None
    assert set(state.changed) == {"model.pkl", "table.sqlite", ".env", "code.py"}
    assert sorted(state.left_out) == [
        ".env is left out: it may hold a secret",
        "model.pkl is left out: it is a model",
        "table.sqlite is left out: it is a database",
    ]
    assert b"sesame" not in state.diff
    assert (applied(repository, state.diff, tmp_path) / "code.py").read_text() == "changed\n"


def test_a_submodule_whose_code_was_changed_is_dirt(repository, tmp_path):
    """What it has beside its own commit does not count, unless that is a change of a file of its own."""
    allowed = ("-c", "protocol.file.allow=always")
    git(tmp_path, "init", "--quiet", "above")
    git(tmp_path / "above", *allowed, "submodule", "--quiet", "add", repository.as_uri(), "lib")
    git(tmp_path / "above", "commit", "--quiet", "--message", "with a library")
    (tmp_path / "above" / "lib" / "x.pyc").touch()
    assert git_state.read(tmp_path / "above") == git_state.GitState()
    (tmp_path / "above" / "lib" / "code.py").write_text("changed\n")
    left_out = ("lib is left out: it is a repository of its own",)
    assert git_state.read(tmp_path / "above") == git_state.GitState(("lib",), left_out=left_out)


def test_a_long_diff_is_cut_between_two_files(repository, tmp_path, monkeypatch):
    """What is kept of it has whole files, applies, and is no longer than it may be."""
    monkeypatch.setattr(git_diff, "DIFF_BYTES", 2000)
    for number in range(20):
        (repository / f"new {number:02d}").write_text("diff --git a/x b/x\n" * 10)
    state = git_state.read(repository)
    assert state is not None
    assert len(state.changed) == 20
    assert 1000 < len(state.diff) <= 2000
    assert "is cut" in state.left_out[0]
    new = [path.name for path in applied(repository, state.diff, tmp_path).glob("new *")]
    assert sorted(new) == [f"new {number:02d}" for number in range(len(new))]
    assert len(new) > 1


def test_a_repository_inside_is_left_out_and_named(repository):
    """One that lies there without being a submodule is dirt, whose files are its own."""
    git(repository, "init", "--quiet", "inner")
    (repository / "inner" / "x").touch()
    git(repository / "inner", "add", "--all")
    git(repository / "inner", "commit", "--quiet", "--message", "x")
    state = git_state.read(repository)
    assert state is not None
    assert state.changed == ("inner/",)
    assert state.diff == b""
    assert state.left_out == ("inner/ is left out: it is a repository of its own",)


def test_a_git_that_takes_too_long_is_not_waited_for(repository, monkeypatch):
    """It is ended at the deadline."""
    monkeypatch.setattr(git_state, "GIT_S", 0.2)
    slow = repository.parent / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 300\n")
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(slow), prepend=os.pathsep)
    with promised(3), pytest.raises(GitFailed, match="takes too long"):
        git_state.read(repository)


def test_what_git_refuses_is_told_in_one_line(repository):
    """Its own words, and which command."""
    with pytest.raises(GitFailed) as caught:
        Git(repository, time.monotonic() + 120)("rev-parse", "--verify", "no such name")
    assert str(caught.value).startswith("`git rev-parse`: ")
    assert "\n" not in str(caught.value)


def test_a_repository_of_somebody_else_is_an_error_of_gits(repository, monkeypatch):
    """Where git does not trust the folder's owner, it says so, with its remedy."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitFailed, match=r"dubious ownership.*safe\.directory"):
        git_state.read(repository)


def test_a_dirty_tree_is_refused_with_what_makes_it_so(repository):
    """The first paths are named, and how many more."""
    git_state.refuse_dirty(git_state.GitState(), repository)
    for number in range(8):
        (repository / f"new {number}").touch()
    with pytest.raises(WrongValue) as caught:
        git_state.refuse_dirty(git_state.read(repository), repository)
    (problem,) = caught.value.problems
    assert problem.startswith("--require_clean 'true': ")
    assert "new 0, new 1, new 2, new 3, new 4 and 3 more" in problem
    assert "\n" not in problem


def test_no_tree_is_no_clean_tree(tmp_path):
    """Without a repository there is no commit that says what runs."""
    with pytest.raises(WrongValue, match="in no git work tree"):
        git_state.refuse_dirty(git_state.read(tmp_path), tmp_path)


@pytest.fixture
def a_run(client, tmp_path):
    """A new run in a tracking database, and the folder of its artifacts."""
    run_id = client.create_run(client.create_experiment("x", (tmp_path / "kept").as_uri())).info.run_id
    return run_id, tmp_path / "kept" / run_id / "artifacts"


def tags(run_id):
    return {k: v for k, v in MlflowClient().get_run(run_id).data.tags.items() if k.startswith("tuning.")}


def test_a_clean_tree_is_recorded_by_its_tag(a_run):
    """And by nothing else."""
    run_id, artifacts = a_run
    git_state.GitState().record(run_id)
    assert tags(run_id) == {"tuning.git_dirty": "false"}
    assert not artifacts.exists()


def test_a_dirty_tree_is_recorded_with_its_diff(repository, a_run, tmp_path):
    """What is left out is said at its beginning, and what is there applies."""
    run_id, artifacts = a_run
    (repository / "code.py").write_text("changed\n")
    git(repository, "init", "--quiet", "inner\udcff")
    (repository / "inner\udcff" / "x").touch()
    git(repository / "inner\udcff", "add", "--all")
    git(repository / "inner\udcff", "commit", "--quiet", "--message", "x")
    state = git_state.read(repository)
    assert state is not None
    state.record(run_id)
    assert tags(run_id) == {"tuning.git_dirty": "true"}
    kept = (artifacts / "git.diff").read_bytes()
    assert kept.startswith(b"# inner\xff/ is left out: ")
    assert (applied(repository, kept, tmp_path) / "code.py").read_text() == "changed\n"
