"""The shell blocks of README, docs/ and examples/: what they start exists, and takes what it is given."""

import re

import pytest

from tests.texts import blocks, commands, rehearsal

BLOCKS = blocks.everywhere()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder that looks like this project."""
    return rehearsal.copy(tmp_path_factory.mktemp("texts") / "project")


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_starts_what_is_there(block, project):
    """Bash takes it; its scripts and entry points exist, its parameters and values are those that the steps accept.

    What is no part of this project, such as a cluster's programs, stands in a block that no test runs.
    """
    calls = rehearsal.rehearse(block.text, project)
    assert calls
    assert [problem for call in calls for problem in commands.problems(call, project)] == []
    others = [call[0] for call in calls if not call[0].startswith("scripts/")]
    assert others == [] or block.why, f"{block}: mark it, by <!-- not run: needs … --> in the line above"


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_folder_with_a_blank_in_its_name_does_no_harm(block):
    """Where a shell puts the name of one, as for `$PWD`, it stands in quotes."""
    unquoted = re.sub(r"'[^']*'|\"[^\"]*\"", "", block.text)
    assert not re.search(r"\$\{?(OLD)?PWD|\$\{?HOME|\$\(pwd", unquoted)


def test_the_blocks_are_found():
    """Every page has one, and every mark gives a reason."""
    assert len(BLOCKS) > 40
    assert {"README.md", "docs/data.md", "docs/parameters.md", "examples/README.md"} <= {block.page for block in BLOCKS}
    assert [str(block) for block in BLOCKS if block.why and not block.why.startswith(("needs ", "takes "))] == []
    assert sum(not block.run for block in BLOCKS) < len(BLOCKS) / 3


def test_no_command_stands_elsewhere():
    """A block that holds a command is a bash block, so that the other tests see it."""
    assert blocks.commands_elsewhere() == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("scripts/walk tune", "scripts/walk: there is no such script"),
        ("scripts/bench nothing", "scripts/bench nothing: there is no such measurement"),
        ("scripts/run tun -P n_trials=2", "-e tun: no entry point of MLproject"),
        ("scripts/run tune -P n_trial=2", "--n_trial '2': unknown parameter (did you mean 'n_trials'?)"),
        ("scripts/run tune -P n_trials=two", "--n_trials 'two': must be a whole number from 1"),
        ("scripts/run tune --no-such-option", "No such option"),
        ("scripts/run tune -P space='x=1..'", "--space"),
        ("scripts/run tune -P project=examples/none", "project=examples/none: there is no MLproject in it"),
        ("scripts/run tune -P entry_point=none.py", "entry_point=none.py: neither an entry point nor a file"),
        ("mlflow run . -e train -P folds=0", "--folds '0': must be"),
        ("mlflow walk", "mlflow walk: no such command"),
        ('if true; then\n  scripts/run --ray tune -P "n_trials=two"  # a remark\nfi', "--n_trials 'two'"),
        ("echo 'x: {type: int}' > /tmp/x.yaml\nscripts/run tune -P space=/tmp/x.yaml", "x.yaml"),
    ],
)
def test_a_command_that_is_wrong_is_told(text, wrong, project):
    """Each fault is named."""
    calls = rehearsal.rehearse(text, project)
    assert wrong in "\n".join(problem for call in calls for problem in commands.problems(call, project))
