import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.project import environment
from steps.tuning.checks import preflight
from steps.tuning.search import samplers
from steps.tuning.tuned_project import TunedProject
from tests.e2e.server import Server
from tests.e2e.tools import Done, Place, copy_project, free_port, git
from tests.host import ROOT
from tests.waits import promised


@pytest.fixture
def project(tmp_path):
    """A project in a repository of its own, with one commit."""
    folder = tmp_path / "it's a project"
    folder.mkdir()
    shutil.copy(environment.PROJECT / "MLproject", folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    return TunedProject(".", folder)


@pytest.fixture
def run(client, tmp_path):
    """Make a study's run, with its artifacts in a given place, in a database of its own."""

    def make(root="kept"):
        return client.create_run(client.create_experiment(root, str(tmp_path / root)))

    return make


def problems(settings, project, parent):
    with pytest.raises(WrongValue) as caught:
        preflight.check(settings, project, parent)
    assert not any("\n" in problem for problem in caught.value.problems)
    return caught.value.problems


def test_where_all_is_well_the_tree_is_returned(project, run, capsys):
    """Nothing is said, and the state of the project's tree is known."""
    state = preflight.check(TuneSettings(), project, run())
    assert state is not None
    assert state.changed == ()
    (project.folder / "new").touch()
    state = preflight.check(TuneSettings(), project, run("other"))
    assert state is not None
    assert state.changed == ("new",)
    assert capsys.readouterr() == ("", "")


def test_all_problems_are_told_at_once_and_in_time(project, run, tmp_path):
    """A place that can't be written, a missing package, a cluster and a file, a dirty tree: a line each, in 3 s."""
    (tmp_path / "file").touch()
    (project.folder / "new").touch()
    settings = TuneSettings(sampler="gp", backend="databricks", require_clean=True)
    parent = run("file")
    with promised(3):
        refused = problems(settings, project, parent)
    begins = ("artifact root ", "--sampler 'gp': needs the package torch", "--backend 'databricks'", "--require_clean")
    assert [problem.startswith(begin) for problem, begin in zip(refused, begins, strict=True)] == [True] * 4


def test_a_package_that_a_sampler_needs_is_missed_only_where_it_is_missing():
    """All but torch are pinned."""
    for name in set(samplers.KINDS) - {"gp"}:
        samplers.check_installed(name)
    with pytest.raises(WrongValue, match="torch"):
        samplers.check_installed("gp")


@pytest.mark.parametrize("uri", ["sqlite:////home/me/mlflow.db", "sqlite:///mlflow.db", "file:///mlruns", "/mlruns"])
def test_a_file_cannot_be_logged_to_from_a_cluster(uri, capsys):
    """Known clusters are refused with the remedy, a plugin that may be one is warned, this machine needs neither."""
    for backend in preflight.CLUSTERS:
        with pytest.raises(WrongValue) as caught:
            preflight.check_reach(backend, uri)
        (problem,) = caught.value.problems
        assert problem.startswith(f"--backend {backend!r}: ")
        assert uri in problem
        assert "mlflow server" in problem
    for backend in preflight.HERE:
        preflight.check_reach(backend, uri)
    assert capsys.readouterr().err == ""
    preflight.check_reach("somebodys", uri)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tune: ")
    assert "mlflow server" in line


@pytest.mark.parametrize("uri", ["http://host:5000", "https://host/mlflow", "databricks", "postgresql://host/db"])
def test_a_server_can(uri, capsys):
    """What other machines can reach is fine with every backend."""
    for backend in (*preflight.CLUSTERS, *preflight.HERE, "somebodys"):
        preflight.check_reach(backend, uri)
    assert capsys.readouterr() == ("", "")


def test_a_tree_that_git_does_not_tell_is_a_warning_unless_it_has_to_be_clean(project, run, monkeypatch, capsys):
    """What git says itself, once: a line on stderr, or a refusal."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert preflight.check(TuneSettings(), project, run()) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert "dubious ownership" in line
    (problem,) = problems(TuneSettings(require_clean=True), project, run("other"))
    assert problem.startswith("--require_clean 'true': ")
    assert "dubious ownership" in problem


def test_an_older_server_is_said(web, monkeypatch, capsys):
    """What the server's check finds is a line on stderr."""
    major, minor = mlflow.__version__.split(".")[:2]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", web.url)
    web.files["/version"] = f"{major}.{int(minor) - 1}.9".encode()
    preflight.reach_server()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tune: the tracking server {web.url} is MLflow ")


# --- the real commands


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, committed, and then changed in a file and by a new one; what it was is in `git`."""
    copy = copy_project(tmp_path_factory.mktemp("it's a copy"))
    git(copy, "init", "--quiet")
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "as it stands")
    (copy / "steps" / "spaces" / "small.yaml").write_text("n_estimators: {type: int, low: 5, high: 9}\n")
    (copy / "README.md").write_text("changed\n")
    return copy


@pytest.fixture
def dirty_place(dirty: Path, new_place: Callable[..., Place]) -> Place:
    """A place for a study of the dirty project, whose artifacts are kept in it."""
    place = new_place(project=dirty)
    place.extra["MLFLOW_EXPERIMENT_ID"] = place.client.create_experiment("x", (place.folder / "kept").as_uri())
    return place


def runs(place: Place) -> list[object]:
    return list(place.client.search_runs([place.extra.get("MLFLOW_EXPERIMENT_ID", "0")]))


@pytest.mark.e2e
def test_a_dirty_tree_can_be_made_again_from_its_run(dirty: Path, dirty_place: Place, tmp_path: Path) -> None:
    """The parent has the commit, the tag and the diff: at the commit, the diff makes the tree that ran."""
    done = dirty_place.step("steps.tune", check=True, space="small", n_trials=1, folds=2)
    assert "git" not in done.stderr
    experiment = dirty_place.extra["MLFLOW_EXPERIMENT_ID"]
    (parent,) = dirty_place.client.search_runs([experiment], "tags.`tuning.role` = 'study'")
    assert parent.data.tags["tuning.git_dirty"] == "true"
    (diff,) = (dirty_place.folder / "kept").rglob("git.diff")
    assert parent.info.run_id in str(diff)
    git(tmp_path, "clone", "--quiet", str(dirty), "again")
    again = tmp_path / "again"
    git(again, "checkout", "--quiet", parent.data.tags["mlflow.source.git.commit"])
    git(again, "apply", str(diff))
    assert (again / "README.md").read_text() == "changed\n"
    assert (again / "steps" / "spaces" / "small.yaml").is_file()
    assert git(again, "status", "--porcelain") == git(dirty, "status", "--porcelain")


@pytest.mark.e2e
def test_require_clean_refuses_a_dirty_tree_and_runs_a_clean_one(
    dirty: Path, dirty_place: Place, tmp_path: Path
) -> None:
    """Exit code 2 and one line that names the files; the commit itself, cloned, runs, and is tagged as clean."""
    words: dict[str, Any] = {"require_clean": "true", "n_trials": 1, "folds": 2}
    done = dirty_place.step("steps.tune", **words)
    assert done.code == 2, done.stderr
    (line,) = only(done)
    assert line.startswith("tune: --require_clean 'true': ")
    assert "README.md, steps/spaces/small.yaml" in line
    assert len(runs(dirty_place)) == 1
    git(tmp_path, "clone", "--quiet", str(dirty), "clean")
    dirty_place.project = tmp_path / "clean"
    dirty_place.step("steps.tune", check=True, **words)
    tags = [run.data.tags for run in dirty_place.client.search_runs([dirty_place.extra["MLFLOW_EXPERIMENT_ID"]])]
    assert [run_tags["tuning.git_dirty"] for run_tags in tags if run_tags.get("tuning.role") == "study"] == ["false"]


def only(done: Done) -> list[str]:
    """What a step has said on stderr, but for MLflow's own lines."""
    return [line for line in done.stderr.splitlines() if not line.startswith("20")]


@pytest.mark.e2e
def test_a_server_that_is_not_there_is_told_in_time(place: Place) -> None:
    """Where nobody listens: one line, exit code 75, no process, and not the minutes of MLflow's own attempts."""
    place.extra["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{free_port()}"
    with promised(60):
        done = place.run(place.step_command("steps.tune"), cwd=ROOT, check=False)
    assert done.code == 75
    (line,) = only(done)
    assert "no tracking server can be reached there" in line
    assert place.processes() == {}


@pytest.mark.e2e
def test_an_artifact_root_that_cannot_be_written_is_told(place: Place) -> None:
    """The experiment's place is below a file: one line, exit code 2, no child."""
    (place.folder / "file").touch()
    place.extra["MLFLOW_EXPERIMENT_ID"] = place.client.create_experiment("x", str(place.folder / "file" / "kept"))
    done = place.step("steps.tune")
    assert done.code == 2
    (line,) = only(done)
    assert line.startswith("tune: artifact root ")
    assert len(runs(place)) == 1


@pytest.mark.e2e
def test_a_real_server_is_taken_and_its_artifacts_are_its_affair(place: Place) -> None:
    """A study against `mlflow server`, which keeps the artifacts itself, runs as it should."""
    server = Server(place)
    server.start()
    try:
        done = place.step("steps.tune", check=True, n_trials=1, folds=2)
    finally:
        server.kill()
    told = [line for line in only(done) if line.startswith("tune: ") and "trial" not in line]
    assert [line.partition(": http")[0] for line in told] == ["tune: watch it"]
    assert place.study().parent.data.tags["tuning.git_dirty"] in ("true", "false")
