"""Scripts of a project, by their paths, and what is nearest to a name that is none."""

import pytest

from steps.project import environment, script_files


@pytest.fixture
def root(tmp_path):
    """A project with scripts at the top, below, and where nobody would train."""
    names = [
        "fit.py", "src/my fit.py", "bash/fit.sh", "deep/er/down/line.py", "notes.txt", "R/fit.R",
        "tests/polynomial.py", ".hidden/polynomial.py", "env/pyvenv.cfg", "env/lib/polynomial.py",
    ]  # fmt: skip
    for name in names:
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fit.py", "fit.py"),
        ("./fit.py", "fit.py"),
        ("src//../fit.py", "fit.py"),
        ("src/my fit.py", "src/my fit.py"),
        ("bash/fit.sh", "bash/fit.sh"),
        ("{root}/bash/fit.sh", "bash/fit.sh"),
        ("{link}/fit.py", "fit.py"),
    ],
)
def test_a_script_is_known_by_its_path_in_the_project(root, tmp_path, name, expected):
    """However it is spelled: with `./`, absolute, or through a link to the project."""
    (tmp_path / "link").symlink_to(root)
    name = name.format(root=root, link=tmp_path / "link")
    assert script_files.problem(name, root) is None
    assert script_files.relative(name, root) == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.py", "there is no such file in {root}"),
        ("src/fit.py", "there is no such file in {root}"),
        ("../fit.py", "is not in the project's folder, {root}"),
        ("/etc/hosts.py", "is not in the project's folder, {root}"),
        ("~no-such-user/fit.py", "is not in the project's folder, {root}"),
        ("src/", "is a folder; name a script in it"),
        ("R/fit.R", "must end in .py or .sh, or be declared in MLproject"),
        ("x" * 5000 + ".py", "there is no such file in {root}"),
    ],
)
def test_what_is_no_script_of_the_project(root, name, said):
    """Each is said in its own words, and no path, however wrong, raises anything."""
    assert script_files.problem(name, root) == said.format(root=root)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("fits.py", "fit.py"),
        ("fit", "fit.py"),
        ("main.py", "main"),
        ("trian", "train"),
        ("src/my_fit.py", "src/my fit.py"),
        ("fit.sh", "bash/fit.sh"),
        ("linee.py", "deep/er/down/line.py"),
        ("polynomial.py", None),
        ("something.py", None),
    ],
)
def test_the_nearest_is_named(root, name, near):
    """An entry point, or a script in any folder but hidden ones, virtual environments and tests."""
    said = script_files.nearest(name, root, ["train", "main"])
    assert said == ("" if near is None else f" (did you mean {near!r}?)")


def test_this_projects_own_package_is_nobodys_script():
    """Who misses `fit.py` in a clone of this repository is not sent to `steps/process/exit.py`."""
    assert script_files.nearest("exit.py", environment.PROJECT, []) == ""
