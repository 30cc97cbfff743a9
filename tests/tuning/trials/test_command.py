import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.tuning.trials import command
from steps.tuning.trials.command import Origin
from steps.tuning.tuned_project import this_project

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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/a/b.git", "https://host/a/b.git"),
        ("https://me:secret@host/a/b", "https://host/a/b"),
        ("https://token@host/a/b", "https://host/a/b"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("/srv/git/b", ""),
        ("file:///srv/git/b", ""),
        ("../b", ""),
        (None, ""),
    ],
)
def test_a_remote_is_named_without_its_password(monkeypatch, url, shown):
    """A remote that only this machine has is none."""
    monkeypatch.setattr(command, "get_git_repo_url", lambda _: url)
    monkeypatch.setattr(command, "get_git_commit", lambda _: "c" * 40)
    assert command.find(this_project(), "local") == Origin(shown, "c" * 40)
