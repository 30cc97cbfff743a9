"""A child run is created as MLflow's own code would create it, and with all that its tuner knows of it."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import Run
from mlflow.exceptions import ExecutionException
from mlflow.projects.backend import loader
from mlflow.projects.utils import fetch_and_validate_project, get_or_create_run
from mlflow.tracking import MlflowClient

from steps.backends import base
from steps.backends.base import CreatedRun, OwnBackend
from steps.tracking import write
from tests.e2e.tools import git

MLPROJECT = """
entry_points:
  train:
    parameters:
      depth: {type: int, default: 3}
      data: {type: string, default: iris}
      rate: {type: float}
    command: "echo {depth} {data} {rate}"
"""
PARAMETERS = {"rate": "1e-05", "depth": "7", "kernel": "it's", "home": "$HOME", "empty": ""}
# Each run has its own, or MLflow sets it by another request.
OWN = ("mlflow.runName", "mlflow.project.backend")


class Nothing(OwnBackend):
    """Executes nothing, and remembers what it was to execute."""

    name = "nothing"

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.created: list[CreatedRun] = []

    def execute(self, created: CreatedRun, config: Mapping[str, Any]) -> Any:
        self.created.append(created)
        return created


@pytest.fixture
def backend(client, tmp_path, monkeypatch) -> Nothing:
    monkeypatch.setattr(loader, "MLFLOW_BACKENDS", dict(loader.MLFLOW_BACKENDS))  # so that it is forgotten
    made = Nothing(tmp_path)
    base.register(made)
    return made


@pytest.fixture(params=["no git", "no remote", "remote", "subfolder", "ignored"])
def project(request, tmp_path):
    """A folder with an MLproject; all but one are, or lie in, a checkout."""
    folder = tmp_path / "a project"
    inner = folder / "inner" if request.param in ("subfolder", "ignored") else folder
    inner.mkdir(parents=True)
    (inner / "MLproject").write_text(MLPROJECT)
    if request.param != "no git":
        git(folder, "init", "--quiet", "--initial-branch=main")
        (folder / ".gitignore").write_text("inner\n" if request.param == "ignored" else "")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "as it stands")
    if request.param in ("remote", "subfolder"):
        git(folder, "remote", "add", "origin", "https://me:secret@host.example/me/project.git")
    return inner


def by_mlflow(client: MlflowClient, uri: str, version: str | None = None, entry_point: str = "train") -> Run:
    root = fetch_and_validate_project(uri, version, entry_point, PARAMETERS)
    run = get_or_create_run(None, uri, "0", root, version, entry_point, PARAMETERS)
    return client.get_run(run.info.run_id)


def by_us(client: MlflowClient, uri: str, version: str | None = None, **config: Any) -> Run:
    run = mlflow.run(
        uri,
        "train",
        version,
        PARAMETERS,
        experiment_id="0",
        backend="nothing",
        backend_config=config,
        synchronous=False,
    )
    return client.get_run(run.run_id)


def same(ours: Run, theirs: Run) -> bool:
    tags = [{key: value for key, value in run.data.tags.items() if key not in OWN} for run in (ours, theirs)]
    assert tags[0] == tags[1]
    assert ours.data.params == theirs.data.params
    info = [(run.info.status, run.info.experiment_id, run.info.user_id) for run in (ours, theirs)]
    assert info[0] == info[1]
    return True


def test_a_run_is_what_mlflow_would_have_made(project, backend, client, monkeypatch):
    """Tags and parameters are equal, of a folder, a checkout, one with a remote, a part of one, an ignored part."""
    monkeypatch.chdir(project)
    with mlflow.start_run():
        nested = by_us(client, ".")
        assert same(nested, by_mlflow(client, "."))
    alone = by_us(client, str(project))
    assert same(alone, by_mlflow(client, str(project)))
    assert alone.data.params["kernel"] == "'it'\"'\"'s'"
    assert alone.data.tags["mlflow.project.backend"] == "nothing"
    assert "mlflow.parentRunId" in nested.data.tags
    assert "mlflow.parentRunId" not in alone.data.tags
    assert "secret" not in str(alone.data.tags)


def test_a_version_that_is_a_branch_is_recorded_as_mlflow_does(backend, client, tmp_path):
    """Also one that was cloned: its source is then the remote."""
    remote, checkout = tmp_path / "remote", tmp_path / "checkout"
    remote.mkdir()
    (remote / "MLproject").write_text(MLPROJECT)
    git(remote, "init", "--quiet", "--initial-branch=main")
    git(remote, "add", "--all")
    git(remote, "commit", "--quiet", "--message", "as it stands")
    git(tmp_path, "clone", "--quiet", str(remote), str(checkout))
    commit = git(remote, "rev-parse", "HEAD")
    for version, branch in (("main", "main"), (commit, None)):
        ours, theirs = by_us(client, str(checkout), version), by_mlflow(client, str(checkout), version)
        assert same(ours, theirs)
        assert ours.data.tags.get("mlflow.source.git.branch") == branch
        assert ours.data.tags["mlflow.source.git.commit"] == commit


def test_a_run_has_its_name_tags_and_metrics_from_the_first(backend, client, tmp_path, monkeypatch):
    """Beside those of MLflow, in two requests; the third is MLflow's own, which names the backend once more."""
    (tmp_path / "MLproject").write_text(MLPROJECT)
    requests: list[str] = []
    for name in ("create_run", "log_batch", "set_tag", "log_metric", "log_param"):
        monkeypatch.setattr(MlflowClient, name, _counted(name, getattr(MlflowClient, name), requests))
    run = by_us(client, str(tmp_path), name="trial 007", tags={"tuning.role": "trial"}, metrics=[write.metric("t", 7)])
    assert requests == ["create_run", "log_batch", "set_tag"]
    assert run.info.run_name == "trial 007"
    assert run.data.tags["tuning.role"] == "trial"
    assert run.data.metrics == {"t": 7}
    other = by_us(client, str(tmp_path))
    assert other.info.run_name != "trial 007"
    assert "tuning.role" not in other.data.tags


def _counted(name: str, function: Any, requests: list[str]) -> Any:
    def call(*arguments: Any, **options: Any) -> Any:
        requests.append(name)
        return function(*arguments, **options)

    return call


def test_a_project_is_read_once_and_its_parameters_are_checked_each_time(backend, client, tmp_path):
    """A change of MLproject or a new commit after the first run is not seen; a missing parameter makes no run."""
    (tmp_path / "MLproject").write_text(MLPROJECT)
    by_us(client, str(tmp_path))
    (tmp_path / "MLproject").write_text(MLPROJECT.replace("echo", "printf"))
    by_us(client, str(tmp_path))
    assert [created.command.split()[0] for created in backend.created] == ["echo", "echo"]
    with pytest.raises(ExecutionException, match="missing parameters: 'rate'"):
        mlflow.run(str(tmp_path), "train", backend="nothing", parameters={}, experiment_id="0", synchronous=False)
    assert len(client.search_runs(["0"])) == 2


def test_a_relative_folder_is_another_one_in_another_place(backend, client, tmp_path, monkeypatch):
    """What was read of "." is not taken for another folder's."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "MLproject").write_text(MLPROJECT.replace("echo", name))
        monkeypatch.chdir(tmp_path / name)
        by_us(client, ".")
    assert [created.command.split()[0] for created in backend.created] == ["one", "other"]


def test_the_command_is_told_its_run(backend, client, tmp_path):
    """By the variables that MLflow sets; the output goes to a file of its own."""
    (tmp_path / "MLproject").write_text(MLPROJECT)
    run_id = by_us(client, str(tmp_path)).info.run_id
    (created,) = backend.created
    assert created.variables["MLFLOW_RUN_ID"] == run_id
    assert created.variables["MLFLOW_TRACKING_URI"] == mlflow.get_tracking_uri()
    assert (created.run_id, created.folder, created.output) == (run_id, str(tmp_path), tmp_path / f"{run_id}.log")
    assert created.command.startswith("echo 7 iris 1e-05 ")


def test_a_remote_file_is_fetched_once_for_all_runs(backend, client, tmp_path):
    """A parameter of type `path` may be a URI: each command has the same copy, and each record the URI."""
    run_id = client.create_run("0").info.run_id
    (tmp_path / "it's one.csv").write_text("a,b\n")
    client.log_artifact(run_id, str(tmp_path / "it's one.csv"))
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "table of its own.csv").write_text("c\n")
    parameters = "{data: path, more: {type: path, default: table of its own.csv}}"
    (folder / "MLproject").write_text(
        f"entry_points:\n  fit:\n    parameters: {parameters}\n    command: cat {{data}} {{more}}\n"
    )
    uri = f"runs:/{run_id}/it's one.csv"
    for _ in range(2):
        mlflow.run(
            str(folder), "fit", parameters={"data": uri}, experiment_id="0", backend="nothing", synchronous=False
        )
    first, second = (created.command for created in backend.created)
    assert first == second
    _, data, more = shlex.split(first)
    assert Path(data).read_text() == "a,b\n"
    assert Path(more) == folder / "table of its own.csv"  # it is not where MLflow looks, which is here
    assert client.get_run(backend.created[1].run_id).data.params["data"] == shlex.quote(uri)
