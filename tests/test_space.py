"""The step that prints a search space to begin with: what stands on stdout, and what has none."""

import pytest

from steps import space
from steps.project import environment, mlproject
from steps.tuning import tuned_project

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
    """Make a copy of MLproject with more entry points, and a script."""
    (tmp_path / "MLproject").write_text((environment.PROJECT / "MLproject").read_text() + STANZAS)
    (tmp_path / "conda.yaml").write_text("")
    (tmp_path / "fit.py").write_text("")
    for module in (mlproject, tuned_project):
        monkeypatch.setattr(module, "PROJECT", tmp_path)


def test_stdout_has_the_file_alone_and_begins_with_the_command_that_uses_it(capsys):
    """Two lines of remarks follow, then one for each parameter."""
    assert space.main(["--entry_point", "fit"]) == 0
    out, err = capsys.readouterr()
    first, *_, rate, data = out.splitlines()
    parameters = "-P entry_point=fit -P space=space.yaml -P objective=METRIC -P direction=minimize"
    assert first == f"# mlflow run . -e tune {parameters}"
    assert rate == "lr: {type: float, low: 0.003, high: 0.03, log: true}  # default 0.01"
    assert data == "# data: required; -P data=… of tune gives it to every trial"
    assert err == ""


def test_the_command_can_be_pasted(capsys):
    """A name with a blank is quoted."""
    assert space.main(["--entry_point", "my fit"]) == 0
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
    assert space.main(["--entry_point", "fit"]) == 0
    assert ("MLflow writes two links below this" in capsys.readouterr().err) == is_said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "must be an entry point of MLproject; give -P entry_point=…"),
        ("train", "is this project's own training step, whose spaces are there: automl, extra_trees, "),
        ("fitt", "MLproject declares no such entry point (did you mean 'fit'?); allowed: "),
        ("fit.py", "is a script that MLproject does not declare, so its parameters are not known; "),
        ("nothing", "declares no parameter with a default that could be searched"),
    ],
)
def test_what_has_no_space_to_begin_with_is_one_line(name, said, capsys):
    """Exit code 2, and nothing on stdout."""
    assert space.main(["--entry_point", name]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith(f"space: --entry_point {name!r}: {said}")
    assert out == ""
