"""The step that prints a search space to begin with: what stands on stdout, and what has none."""

import shlex

import pytest

from steps import space
from steps.names import Variable
from tests.e2e.tools import git

STANZAS = """
  fit:
    parameters:
      lr: {type: float, default: 0.01}
      data: path
    command: python fit.py --lr {lr} --data {data}

  my fit:
    parameters:
      lr: {type: float, default: 2}
    command: python fit.py --lr {lr}

  nothing:
    command: python fit.py
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Make a project with these entry points, and a script; no signal of this process is touched."""
    folder = tmp_path / "their's"
    folder.mkdir()
    (folder / "MLproject").write_text(f"entry_points:{STANZAS}")
    (folder / "fit.py").write_text("")
    monkeypatch.setattr("steps.process.signals.raise_at_once", lambda: None)
    monkeypatch.setattr("steps.process.orphans.follow_launchers", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(Variable.USERS_FOLDER, str(tmp_path))  # else the step notes it, for all tests that follow
    return folder


def printed(*words):
    """Print the space of a project by its folder."""
    return space.main(["--project", "./their's", *words])


@pytest.mark.parametrize("version", [[], ["--version", "v1.0"]])
def test_stdout_has_the_file_alone_and_begins_with_the_command_that_uses_it(version, project, capsys):
    """Two lines of remarks follow, then one for each parameter; the project may be a version in a git repository."""
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "All")
    git(project, "tag", "v1.0")
    (project / "fit.py").write_text("changed")
    assert printed("--entry_point", "fit", *version) == 0
    out, err = capsys.readouterr()
    first, *_, rate, data = out.splitlines()
    which = f"-P {shlex.quote(f'project=./{project.name}')}{' -P version=v1.0' if version else ''}"
    parameters = "-P entry_point=fit -P space=space.yaml -P objective=METRIC -P direction=minimize"
    assert first == f"# mlflow run . -e tune {which} {parameters}"
    assert rate == "lr: {type: float, low: 0.003, high: 0.03, log: true}  # default 0.01"
    assert data == "# data: required; -P data=… of tune gives it to every trial"
    assert err == ""


def test_the_command_can_be_pasted(capsys):
    """A name with a blank is quoted."""
    assert printed("--entry_point", "my fit") == 0
    assert "-P 'entry_point=my fit' " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "is_said"),
    [
        ({}, True),
        ({"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}, False),
        ({"MLFLOW_TRACKING_URI": "sqlite:///x.db"}, False),
        ({"MLFLOW_RUN_ID": None}, False),
    ],
)
def test_links_that_mlflow_would_write_below_the_file_are_told(variables, is_said, capsys, monkeypatch):
    """Only `mlflow run` writes them, where a server keeps the runs, unless it is told not to."""
    standing = {"MLFLOW_RUN_ID": "0" * 32, "MLFLOW_TRACKING_URI": "http://host:5000"}
    for name, value in {**standing, **variables}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert printed("--entry_point", "fit") == 0
    assert ("MLflow writes two links below this" in capsys.readouterr().err) == is_said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("auto", "--entry_point 'auto': the MLproject of {project} has no main; must be one of fit, my fit, nothing"),
        (
            "fitt",
            "--entry_point 'fitt': the MLproject of {project} declares no such entry point (did you mean 'fit'?)",
        ),
        ("fit.py", "--entry_point 'fit.py': is a script that MLproject does not declare, so its parameters are not "),
        ("nothing", "--entry_point 'nothing': declares no parameter with a default that could be searched"),
    ],
)
def test_what_has_no_space_to_begin_with_is_one_line(name, said, project, capsys):
    """Exit code 2, and nothing on stdout."""
    assert printed("--entry_point", name) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith(f"space: {said.format(project=project)}")
    assert out == ""


def test_of_this_projects_own_training_step_the_shipped_spaces_are_named(capsys):
    """It is the entry point if no other is given."""
    assert space.main([]) == 2
    said = "space: --entry_point 'train': is this project's own training step, whose spaces are there: automl, "
    assert capsys.readouterr().err.startswith(said)
