"""Where a project is, as a person types it."""

import pytest

from steps.errors import WrongValue
from steps.names import Variable
from steps.project import location, paths
from steps.project.environment import PROJECT


@pytest.mark.parametrize(
    ("typed", "uri", "subfolder"),
    [
        ("https://host/a/b", "https://host/a/b", ""),
        ("https://host/a/b.git#trees/boosted", "https://host/a/b.git", "trees/boosted"),
        ("git@host:a/b.git#trees", "git@host:a/b.git", "trees"),
        ("ssh://git@host/a/b#trees/", "ssh://git@host/a/b", "trees"),
        ("git://127.0.0.1:9418/b", "git://127.0.0.1:9418/b", ""),
    ],
)
def test_what_has_a_scheme_is_fetched(typed, uri, subfolder):
    """And what git takes for ssh; the sign # begins the subfolder."""
    found = location.locate(typed)
    assert (found.uri, found.subfolder, found.folder) == (uri, subfolder, None)
    assert str(found) == (f"{uri}#{subfolder}" if subfolder else uri)


def test_a_folder_is_read_where_it_lies(tmp_path, monkeypatch):
    """By its path, absolute, relative, from home or as a file URI, with a subfolder or with the sign in its name."""
    inner = tmp_path / "a b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / "d#e").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    outer = tmp_path / "a b"
    for typed in (str(outer), "a b", "./a b", "~/a b", f"file://{outer}", outer.as_uri(), "a b/c/.."):
        assert location.locate(typed).folder == outer, typed
    for typed in (f"{outer}#c", "a b#c", "a b#c/", "a b/c"):
        assert location.locate(typed).folder == inner, typed
    assert location.locate("d#e").folder == tmp_path / "d#e"


def test_a_relative_path_begins_where_the_person_stood(tmp_path, monkeypatch):
    """Also if the step runs elsewhere, as it does below scripts/run; else it begins where that runs."""
    for name in ("mine", "theirs"):
        (tmp_path / name / "project").mkdir(parents=True)
    (tmp_path / "theirs" / "other").mkdir()
    monkeypatch.setenv(Variable.USERS_FOLDER, str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path / "theirs")
    assert location.locate("project").folder == tmp_path / "mine" / "project"
    assert location.locate("other").folder == tmp_path / "theirs" / "other"
    assert paths.of_user("none") == tmp_path / "mine" / "none"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("none", "there is no such folder in {here}; must be a folder or a Git URL"),
        ("/none/such", "there is no such folder; must be"),
        ("host.org/me/it", "a URL begins with https:// (https://host.org/me/it?)"),
        ("MLproject", "is a file; name the folder"),
        ("inner#none", "has no folder 'none'"),
        ("x" * 5000, "there is no such folder"),
    ],
)
def test_a_folder_that_is_not_there_is_refused(tmp_path, monkeypatch, typed, said):
    """In one line that says where it was looked for."""
    (tmp_path / "MLproject").touch()
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongValue) as caught:
        location.locate(typed)
    (problem,) = caught.value.problems
    assert problem.startswith(f"--project {typed!r}: ")
    assert said.format(here=tmp_path) in problem


def test_this_project_is_known_by_any_name(monkeypatch, tmp_path):
    """As it lies here; at a version it is another."""
    monkeypatch.chdir(PROJECT)
    (tmp_path / "link").symlink_to(PROJECT)
    for typed in (".", "./", str(PROJECT), f"file://{PROJECT}", "steps/..", str(tmp_path / "link")):
        assert location.is_this_project(typed, None), typed
        assert not location.is_this_project(typed, "v1")
    for typed in ("steps", "/none", "https://host/a/b"):
        assert not location.is_this_project(typed, None)


def test_a_script_that_this_project_lacks_names_the_project_of_its_folder(tmp_path, monkeypatch):
    """That is the folder where the person stands, or the script's own; what this project has is this project's."""
    folder = tmp_path / "mine"
    (folder / "src").mkdir(parents=True)
    for file in ("fit.py", "src/fit.sh", "../other.py"):
        (folder / file).write_text("")
    monkeypatch.setenv(Variable.USERS_FOLDER, str(folder))
    mine = str(folder)
    for typed, meant in {
        "fit.py": (mine, "fit.py"),
        "./src/fit.sh": (mine, "src/fit.sh"),
        f"{mine}/src/fit.sh": (mine, "src/fit.sh"),
        "../other.py": (str(tmp_path), "other.py"),
        "examples/wine/train.py": (location.THIS, "examples/wine/train.py"),
        f"{PROJECT}/examples/wine/train.py": (location.THIS, f"{PROJECT}/examples/wine/train.py"),
        "none.py": (location.THIS, "none.py"),
        "train": (location.THIS, "train"),
    }.items():
        assert location.as_meant(location.THIS, None, typed) == meant, typed
    assert location.as_meant("https://host/a", None, "fit.py") == ("https://host/a", "fit.py")
    assert location.as_meant(".", None, "train") == (".", "train")
    assert location.as_meant(str(PROJECT), None, "train") == (location.THIS, "train")
