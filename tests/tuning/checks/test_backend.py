import json

import joblib
import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.project import environment
from steps.tuning.checks import backend
from steps.tuning.tuned_project import this_project


@pytest.mark.parametrize(
    ("settings", "cores", "jobs"),
    [
        ({}, 8, 8),
        ({"threads": 2}, 8, 4),
        ({"threads": 3}, 8, 2),
        ({"threads": 16}, 8, 1),
        ({"jobs": 3}, 8, 3),
        ({"jobs": 3, "threads": 16}, 1, 3),
    ],
)
def test_jobs_are_the_cores_unless_given(settings, cores, jobs, monkeypatch):
    """`auto` is as many trials as fit on the cores with their threads, at least one; a number is that number."""
    monkeypatch.setattr(joblib, "cpu_count", lambda: cores)
    assert backend.jobs(TuneSettings(**settings)) == jobs


def test_auto_is_the_cores_that_this_process_may_use():
    """On this machine too `auto` is what joblib counts, by affinity and quota."""
    assert backend.jobs(TuneSettings()) == joblib.cpu_count()


@pytest.mark.parametrize(("jobs", "lines"), [(1, 0), (4, 0), (5, 1), (64, 1)])
def test_more_jobs_than_the_window_is_one_warning(jobs, lines, capsys):
    """A window that keeps workers waiting is said in one line, with both numbers; else nothing is said."""
    assert environment.differences() == ()
    backend.warn(TuneSettings(window=4), jobs)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == lines
    if lines:
        assert err.startswith(f"tune: --jobs {jobs}: more than --window 4")


@pytest.mark.parametrize(
    ("name", "near"), [("warmer", " (did you mean 'warm'?)"), ("locl", " (did you mean 'local'?)"), ("xyz", "")]
)
def test_a_backend_that_is_not_installed_is_refused(name, near):
    """An unknown backend is told with those that there are, and the nearest."""
    with pytest.raises(WrongValue) as caught:
        backend.check_backend(name, this_project())
    (problem,) = caught.value.problems
    assert problem.startswith(f"--backend {name!r}: must be one of ")
    assert all(name in problem for name in ("databricks", "kubernetes", "local", "warm"))
    assert problem.endswith(near)


@pytest.mark.parametrize("name", ["warm", "local", "databricks"])
def test_a_backend_that_is_installed_is_taken(name):
    """Ours, and those that MLflow brings along."""
    backend.check_backend(name, this_project())


def test_kubernetes_needs_more_than_its_name():
    """MLflow's kubernetes backend lacks a package here, and a project whose environment is a docker image."""
    with pytest.raises(WrongValue) as caught:
        backend.check_backend("kubernetes", this_project())
    package, project = caught.value.problems
    assert package.startswith("--backend 'kubernetes': needs the package kubernetes")
    assert "docker_env" in project


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Two installed backends, as their packages declare them: one that can be loaded, and one that can't."""
    (tmp_path / "a_good_plugin.py").write_text("class Backend:\n    pass\n")
    (tmp_path / "a_bad_plugin.py").write_text("import no_such_package\n")
    (tmp_path / "plugins-1.0.dist-info").mkdir()
    (tmp_path / "plugins-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins\nVersion: 1.0\n")
    (tmp_path / "plugins-1.0.dist-info" / "entry_points.txt").write_text(
        "[mlflow.project_backend]\ngood = a_good_plugin:Backend\nbad = a_bad_plugin:Backend\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_a_plugin_that_cannot_be_loaded_is_refused(plugins):
    """A package that is there, but lacks what it imports, is told with what it says; one that loads is taken."""
    backend.check_backend("good", this_project())
    with pytest.raises(WrongValue) as caught:
        backend.check_backend("bad", this_project())
    (problem,) = caught.value.problems
    assert problem.startswith("--backend 'bad': is installed but can't be loaded: ")
    assert "no_such_package" in problem


def drift(monkeypatch, packages):
    monkeypatch.setattr(environment, "differences", lambda: tuple(f"{p} 1.0 (conda.yaml: 2.0)" for p in packages))


@pytest.mark.parametrize(
    ("packages", "warning"),
    [
        (["a"], "environment: a 1.0 (conda.yaml: 2.0): "),
        (["a", "b"], "environment: a 1.0 (conda.yaml: 2.0), b 1.0 (conda.yaml: 2.0): "),
        ([f"p{n}" for n in range(90)], "p4 1.0 (conda.yaml: 2.0) and 85 more: "),
    ],
)
def test_pins_that_differ_are_one_warning(packages, warning, monkeypatch, capsys):
    """However many packages differ, it is one line: the first of them, what the runs are tagged, and what to do."""
    drift(monkeypatch, packages)
    backend.warn(TuneSettings(), 1)
    (line,) = capsys.readouterr().err.splitlines()
    assert warning in line
    assert "tuning.environment=drifted" in line
    assert "scripts/run" in line


@pytest.mark.parametrize("name", ["warm", "local", "databricks", "kubernetes"])
def test_without_a_file_a_backend_is_handed_nothing(name):
    """`none` is no configuration."""
    assert backend.read_backend_config(TuneSettings(backend=name)) == {}


def test_a_backend_is_handed_what_its_file_holds(tmp_path):
    """The JSON object in the file is what the backend gets."""
    path = tmp_path / "it's a file.json"
    path.write_text(json.dumps({"cpus": 2, "é": None}), encoding="utf-8")
    assert backend.read_backend_config(TuneSettings(backend_config=str(path))) == {"cpus": 2, "é": None}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "must be the path of a JSON file: "),
        (b"", "must be the path of a JSON file: "),
        (b"{'cpus': 2}", "must be the path of a JSON file: "),
        (b"\xff\xfe\xff", "must be the path of a JSON file: "),
        (b"[1, 2]", "must hold a JSON object, got [1, 2]"),
        (b"null", "must hold a JSON object, got None"),
    ],
)
def test_a_file_that_is_no_json_object_is_refused(content, reason, tmp_path):
    """A missing file, no JSON, and JSON that is no object are told in one line with the path."""
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WrongValue) as caught:
        backend.read_backend_config(TuneSettings(backend_config=str(path)))
    (problem,) = caught.value.problems
    assert problem.startswith(f"--backend_config {str(path)!r}: {reason}")
    assert "\n" not in problem
