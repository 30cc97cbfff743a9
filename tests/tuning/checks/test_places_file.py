"""Files with a line of variables for each place."""

import pytest

from steps.errors import WrongValue
from steps.tuning.checks import places_file


def test_a_line_for_each_place(tmp_path):
    """Quoted as for a shell; comments and empty lines are none."""
    file = tmp_path / "my places"
    file.write_text("# ours\nLICENCE=a PORT=8001\n\n  LICENCE='b c' SHARD= # the second\nPATHS=\"x=1;y\"\n")
    assert places_file.read(str(file)) == [
        {"LICENCE": "a", "PORT": "8001"},
        {"LICENCE": "b c", "SHARD": ""},
        {"PATHS": "x=1;y"},
    ]


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("COLOUR=#fff URL=http://host/#part TOKEN=a#b", {"COLOUR": "#fff", "URL": "http://host/#part", "TOKEN": "a#b"}),
        ("A=1 # it's the first", {"A": "1"}),
        ("A=1 #it's the first", {"A": "1"}),
        ('A=\'1 # 2\' B="3 # \\" # 4"  # 5', {"A": "1 # 2", "B": '3 # " # 4'}),
        (r"A=1\ #2", {"A": "1 #2"}),
    ],
)
def test_a_comment_begins_where_a_word_would(line, variables, tmp_path):
    """In a value the sign is a part of it, quoted or not."""
    file = tmp_path / "places"
    file.write_text(line)
    assert places_file.read(str(file)) == [variables]


WRONG = {
    "": "has no line; must have one for each place, such as LICENCE=a PORT=8001",
    "# nothing": "has no line; must have one for each place, such as LICENCE=a PORT=8001",
    "LICENCE a": ", line 1: 'LICENCE': must be NAME=value, a name of letters, digits and _",
    "A=1\n1A=1": ", line 2: '1A=1': must be NAME=value, a name of letters, digits and _",
    "A=1 A=2": ", line 1: 'A=2': the line has A already",
    "A='1 # 2": ', line 1: "A=\'1 # 2": No closing quotation',
    "A='1": ', line 1: "A=\'1": No closing quotation',
    "MLFLOW_RUN_ID=1": ", line 1: 'MLFLOW_RUN_ID=1': must be another name: a trial gets those with MLFLOW_ or TUNING_",
    "TUNING_PORT=1": ", line 1: 'TUNING_PORT=1': must be another name",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_what_is_wrong_in_it(text, said, tmp_path):
    """Says where, and what is allowed."""
    file = tmp_path / "places"
    file.write_text(text)
    with pytest.raises(WrongValue) as caught:
        places_file.read(str(file))
    assert said in str(caught.value)


def test_all_problems_at_once(tmp_path):
    """A line for each."""
    file = tmp_path / "places"
    file.write_text("a b\nc='\n")
    with pytest.raises(WrongValue) as caught:
        places_file.read(str(file))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("name", ["gone", "."])
def test_no_such_file(name, tmp_path):
    """Or a folder."""
    with pytest.raises(WrongValue, match="must be a file with a line of variables for each place"):
        places_file.read(str(tmp_path / name))
