"""Paths that a person has typed."""

from pathlib import Path

import pytest

from steps.names import Variable
from steps.project import paths


@pytest.mark.parametrize("text", ["x" * 5000, "/x/" + "y" * 300, "~no-such-user/x", "no/such/file", "a\0b"])
def test_a_path_that_leads_nowhere_is_no_file_and_no_folder(text):
    """One that is too long, of nobody's home, or with a sign that none has: false, and no error."""
    path = paths.absolute(text)
    assert path.is_absolute()
    assert not paths.is_file(path)
    assert not paths.is_folder(path)


def test_a_path_is_found_from_home_too(tmp_path, monkeypatch):
    """`~` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "table.csv").touch()
    assert paths.absolute("~/table.csv") == tmp_path / "table.csv"
    assert paths.is_file(paths.absolute("~/table.csv"))
    assert paths.is_folder(paths.absolute("~"))
    assert paths.absolute("table.csv") == Path.cwd() / "table.csv"


def test_a_table_is_found_where_the_person_stood(tmp_path, monkeypatch):
    """A relative path of a file there is made absolute; a name, a URI, and what lies in this folder alone stay."""
    mine, project = tmp_path / "mine", tmp_path / "project"
    for folder in (mine / "tables", project):
        folder.mkdir(parents=True)
    for file in (mine / "a.csv", mine / "tables" / "b.csv", mine / "iris", project / "a.csv", project / "c.csv"):
        file.touch()
    monkeypatch.chdir(project)
    monkeypatch.setenv(Variable.USERS_FOLDER, str(mine))
    assert paths.users_file("a.csv") == str(mine / "a.csv")
    assert paths.users_file("./tables/../tables/b.csv") == str(mine / "tables" / "b.csv")
    for word in ("c.csv", "d.csv", "iris", "auto", "https://host/a.csv", str(project / "a.csv"), "x" * 5000 + ".csv"):
        assert paths.users_file(word) == word
    monkeypatch.setenv(Variable.USERS_FOLDER, str(project))
    assert paths.users_file("a.csv") == "a.csv"
