"""What is tuned: an entry point that MLproject declares, or a script of the project."""

import pytest

from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters import command_line
from steps.parameters.tune_settings import TuneSettings
from steps.parameters.values import decode
from steps.project import environment, mlproject
from steps.tuning import entry_point, study_plan, tuned_project
from steps.tuning.entry_point import EntryPoint
from steps.tuning.tuned_project import this_project


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a script, and an entry point that is called like a file."""
    text = (environment.PROJECT / "MLproject").read_text()
    (tmp_path / "MLproject").write_text(text + "  declared.py:\n    command: python other.py\n")
    (tmp_path / "conda.yaml").write_text((environment.PROJECT / "conda.yaml").read_text())
    (tmp_path / "src").mkdir()
    for name in ("fit.py", "declared.py", "src/my fit.sh"):
        (tmp_path / name).write_text("")
    for module in (mlproject, tuned_project):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setenv(Variable.USERS_FOLDER, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "name"), [("fit.py", "fit.py"), ("./fit.py", "fit.py"), ("src/my fit.sh", "src/my fit.sh")]
)
def test_a_script_is_an_entry_point_by_its_path(project, given, name):
    """It takes whatever a space has, and nothing of the study's data; its name is its path in the project."""
    found = entry_point.find(given, this_project())
    assert (found.name, found.is_script, found.runs_train, dict(found.parameters)) == (name, True, False, {})
    found.check({"lr": "--space 'x.yaml'", "anything-else": "--space 'x.yaml'"})
    assert found.shared(TuneSettings()) == {}
    assert found.required([]) == []
    assert found.spelled("estimator__lr") == "estimator__lr"


def test_a_declared_entry_point_that_is_called_like_a_file_is_what_mlproject_says(project):
    """As for MLflow, MLproject comes first."""
    assert not entry_point.find("declared.py", this_project()).is_script


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "fits.py",
            "--entry_point 'fits.py': there is no such file in {root} (did you mean 'fit.py'?); allowed: train, ",
        ),
        (
            "fit",
            "--entry_point 'fit': MLproject declares no such entry point (did you mean 'fit.py'?); allowed: train, ",
        ),
        ("../fit.py", "--entry_point '../fit.py': is not in the project's folder, {root} (did you mean 'fit.py'?); "),
    ],
)
def test_a_script_that_is_not_there_is_one_line_with_the_nearest(project, name, said):
    """The line names what MLproject declares, and that a script is allowed too."""
    with pytest.raises(WrongValue) as caught:
        entry_point.find(name, this_project())
    (line,) = caught.value.problems
    assert line.startswith(said.format(root=project))
    assert line.endswith("or the path of a .py or .sh file in the project")


def test_a_script_that_is_not_where_the_person_stands_either_says_so(project, tmp_path_factory, monkeypatch):
    """The nearest one there comes first."""
    stands = tmp_path_factory.mktemp("stands")
    (stands / "fits_well.py").write_text("")
    monkeypatch.setenv(Variable.USERS_FOLDER, str(stands))
    with pytest.raises(WrongValue) as caught:
        entry_point.find("fitswell.py", this_project())
    assert f"there is no such file in {project}, nor in {stands} (did you mean 'fits_well.py'?)" in str(caught.value)


@pytest.mark.parametrize("value", ["32", "None", "[1, 2]", "'quoted'", "two\nlines", ""])
def test_a_script_is_given_a_text_as_it_is(value):
    """`train` reads words as Python literals, so for it such a text is quoted; a script takes what it gets."""
    assert EntryPoint("fit.py", {}, runs_train=False, is_script=True).word(value) == value
    assert decode(EntryPoint("train", {}, runs_train=True).word(value)) == value


@pytest.mark.parametrize(
    ("value", "word"), [(0.1, "0.1"), (True, "True"), (None, "None"), ((50, 50), "(50, 50)"), ("a\0b", "'a\\x00b'")]
)
def test_what_is_no_text_is_written_as_python_writes_it(value, word):
    """Whoever it is for; and so is a text that no command line can hold."""
    for runs_train in (True, False):
        assert EntryPoint("own", {}, runs_train=runs_train).word(value) == word


def test_a_parameter_that_is_not_declared_is_named_with_its_column():
    """Of a space in the command, as all else that is wrong in it."""
    words = ["--entry_point=reproduce", "--space=sample=1..4 run_idd=[a,b]", "--objective=x", "--direction=minimize"]
    with pytest.raises(WrongValue) as caught:
        study_plan.make(command_line.read(words, TuneSettings), this_project(), lambda **_: {})
    (line,) = caught.value.problems
    assert line.startswith(
        "--space, column 13: run_idd: the entry point 'reproduce' declares no such parameter (did you mean 'run_id'?)"
    )
