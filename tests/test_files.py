"""Paths that a person has typed."""

from pathlib import Path

import pytest

from steps import files


@pytest.mark.parametrize("text", ["x" * 5000, "/x/" + "y" * 300, "~no-such-user/x", "no/such/file", "a\0b"])
def test_a_path_that_leads_nowhere_is_no_file_and_no_folder(text):
    """One that is too long, of nobody's home, or with a sign that none has: false, and no error."""
    path = files.absolute(text)
    assert path.is_absolute()
    assert not files.is_file(path)
    assert not files.is_folder(path)


def test_a_path_is_found_from_home_too(tmp_path, monkeypatch):
    """`~` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "table.csv").touch()
    assert files.absolute("~/table.csv") == tmp_path / "table.csv"
    assert files.is_file(files.absolute("~/table.csv"))
    assert files.is_folder(files.absolute("~"))
    assert files.absolute("table.csv") == Path.cwd() / "table.csv"
