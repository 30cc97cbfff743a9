import shutil

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.tracking.sqlite_uri import refuse_another
from tests.e2e.tools import Place

RUN = "1f0" * 10 + "aa"


@pytest.fixture
def made(database, tmp_path, monkeypatch):
    """A folder with a database in which a run has been made; the working directory is another one."""
    launcher, project = tmp_path / "launcher's", tmp_path / "project"
    launcher.mkdir()
    project.mkdir()
    shutil.copy(database, launcher / "x.db")
    run = MlflowClient(f"sqlite:///{launcher}/x.db").create_run("0")
    monkeypatch.chdir(project)
    return launcher, run.info.run_id


@pytest.mark.parametrize("uri", ["sqlite:///x.db", "sqlite+pysqlite:///./x.db", "sqlite:///x.db?timeout=5"])
def test_a_relative_uri_that_names_another_database_is_refused(made, uri, monkeypatch):
    """Where the step's folder is not the launcher's: one line with the remedy, and no database is made."""
    launcher, run_id = made
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    project = launcher.parent / "project"
    with pytest.raises(WrongValue) as caught:
        refuse_another(run_id)
    (problem,) = caught.value.problems
    assert problem.startswith(f"MLFLOW_TRACKING_URI {uri!r}: ")
    assert "\n" not in problem
    for part in (str(project), run_id, 'MLFLOW_TRACKING_URI="sqlite:///$PWD/x.db"'):
        assert part in problem
    assert list(project.iterdir()) == []
    monkeypatch.chdir(launcher)
    refuse_another(run_id)  # here it is the right one


@pytest.mark.parametrize("content", [b"", None])
def test_a_database_that_is_there_but_has_no_such_run_is_refused(made, content, monkeypatch):
    """An empty file, and a database of other runs, are not the launcher's either."""
    launcher, run_id = made
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    (launcher.parent / "project" / "x.db").write_bytes((launcher / "x.db").read_bytes() if content is None else content)
    with pytest.raises(WrongValue):
        refuse_another(run_id if content is not None else RUN)


def test_what_is_no_database_is_left_to_mlflow(tmp_path, monkeypatch):
    """A file that can't be read as a database is not called another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    (tmp_path / "x.db").write_text("no database at all, but long enough to be looked at as one" * 20)
    refuse_another(RUN)


@pytest.mark.parametrize("uri", [None, "", "sqlite:////no/such.db", "sqlite://", "sqlite:///:memory:", "http://h/x.db"])
def test_what_is_not_relative_is_not_looked_at(uri, tmp_path, monkeypatch):
    """An absolute path, a server and no URI at all mean the same from everywhere."""
    monkeypatch.chdir(tmp_path)
    if uri is None:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    refuse_another(RUN)


def test_a_step_that_is_started_by_hand_may_make_its_database(tmp_path, monkeypatch):
    """Without a run of `mlflow run`, a relative path is the person's own choice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    refuse_another(None)


@pytest.mark.e2e
@pytest.mark.parametrize("entry_point", ["tune", "train"])
def test_a_relative_database_from_a_git_url_is_told_in_one_line(place: Place, git_url: str, entry_point: str) -> None:
    """`mlflow run <Git URL>` with a relative sqlite URI: the step names the remedy, and starts nothing."""
    place.extra["MLFLOW_TRACKING_URI"] = "sqlite:///mlflow.db"
    place.project = git_url
    done = place.mlflow_run(entry_point, check=False)
    assert done.code == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith(f"{entry_point}: ")]
    assert len(lines) == 1, done.stderr
    assert 'MLFLOW_TRACKING_URI="sqlite:///$PWD/mlflow.db"' in lines[0]
    assert "Traceback" not in done.stderr
    (run,) = place.client.search_runs(["0"])
    assert run.info.status == "FAILED"
    assert list((place.folder / "tmp").glob("*/mlflow.db")) == []
