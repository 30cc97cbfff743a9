import os
import subprocess

import pytest

from tests.scripts.clones import ROOT, clone

VERBS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK))


def say(made, *words):
    """What a script answers in a shell that has nothing but the system's programs, called from another folder."""
    return subprocess.run(
        [made / "scripts" / words[0], *words[1:]],
        cwd=made.parent,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("word", ["--help", "-h"])
@pytest.mark.parametrize("verb", VERBS)
def test_help_is_help(tmp_path, verb, word):
    """Each script says what it is for, and sets nothing up for that."""
    made = clone(tmp_path)
    answer = say(made, verb, word)
    assert (answer.returncode, answer.stderr) == (0, "")
    text = (made / "scripts" / verb).read_text()
    if verb == "run":
        assert answer.stdout.startswith("usage: scripts/run [--ray] <entry point>")
    else:
        assert f"# {answer.stdout.splitlines()[0]}\n" in text
        assert "set -euo" not in answer.stdout
    assert not (made / ".venv").exists()


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("-P", "x=1"), 2)])
def test_run_without_an_entry_point_says_how_it_is_used(tmp_path, arguments, code):
    """It sets nothing up for that."""
    made = clone(tmp_path)
    answer = say(made, "run", *arguments)
    assert answer.returncode == code
    assert answer.stdout.startswith("usage: scripts/run [--ray] <entry point>")
    assert not (made / ".venv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tidy", "study"), "scripts/tidy: takes no arguments, got study"),
        (("docs", "study"), "scripts/docs: takes serve or nothing, got study"),
        (("check", "steps"), "scripts/check: takes --against <requirement>… or nothing, got steps"),
        (("check", "--against"), "scripts/check: --against takes requirements, such as mlflow==3.16.0"),
        (("bench", "sped"), "scripts/bench: expected one of those that --help names, got sped"),
    ],
)
def test_what_a_script_does_not_take_is_an_error(tmp_path, words, message):
    """One line and the exit code 2; nothing is set up."""
    made = clone(tmp_path)
    answer = say(made, *words)
    assert (answer.returncode, answer.stderr) == (2, f"{message}\n")
    assert not (made / ".venv").exists()
