import shlex
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from steps.tuning.trials import command
from steps.tuning.trials.command import Origin
from steps.tuning.tuned_project import TunedProject, this_project
from tests.e2e.tools import git

REMOTE = Origin("https://host/somebody/tuning", "c" * 40)
WORDS = st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=20), max_size=4)


@given(WORDS)
def test_every_value_arrives(parameters):
    """Whatever is in a value, a shell hands it to `mlflow run` as it is."""
    words = shlex.split(REMOTE.command("train", parameters))
    assert words[:7] == ["mlflow", "run", REMOTE.url, "-v", "c" * 40, "-e", "train"]
    assert words[7::2] == ["-P"] * len(parameters)
    assert dict(word.split("=", 1) for word in words[8::2]) == parameters


def test_without_a_remote_the_commit_is_said():
    """Then the folder is all there is, and a comment says at which commit."""
    line = Origin("", "c" * 40).command("train", {"a": "1"})
    assert line == f"mlflow run . -e train -P a=1  # at commit {'c' * 40}"
    assert Origin().command("train", {}) == "mlflow run . -e train"


def test_what_is_too_long_for_a_tag_is_repeated_by_its_id():
    """A cut command would be another one."""
    assert "-e reproduce -P run_id=" in REMOTE.command("train", {"a": "x" * 9000})


def test_what_is_not_pushed_yet_is_said():
    """The command fails until it is."""
    line = replace(REMOTE, is_pushed=False).command("train", {})
    assert line == f"mlflow run {REMOTE.url} -v {'c' * 40} -e train  # works once that commit is pushed"


def test_a_project_is_had_from_its_remote_at_its_commit(tmp_path, monkeypatch):
    """One of a person's own from its folder if there is no remote; without a commit that is all there is to say."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "it"
    folder.mkdir()
    project = TunedProject(str(folder), folder, identity="files")
    assert command.find(project, "uv") == Origin(place=str(folder), manager="uv")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "one")
    commit = git(folder, "rev-parse", "HEAD")
    assert command.find(project, "uv") == Origin("", commit, str(folder), "uv")
    git(folder, "remote", "add", "origin", "ssh://git@host/a/b")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert command.find(project, "uv") == Origin("ssh://git@host/a/b", commit, str(folder), "uv")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert not command.find(project, "uv").is_pushed


def test_this_project_has_no_manager_and_no_folder_in_its_command():
    """Its environment is `mlflow run`'s own choice, and `.` is where a person stands."""
    found = command.find(this_project(), "local")
    assert (found.place, found.manager) == (".", "")
