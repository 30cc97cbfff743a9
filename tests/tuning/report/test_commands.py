"""The commands that a study ends with; tests/e2e pastes them."""

import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pytest

from steps.names import Variable
from steps.project.environment import PROJECT
from steps.tuning.report import commands

PYTHON = sys.executable


@pytest.fixture
def parent(monkeypatch):
    """The run of a study in the experiment `trees`, as `mlflow run` made it of a folder."""
    experiment = SimpleNamespace(name="trees")
    monkeypatch.setattr(commands, "MlflowClient", lambda: SimpleNamespace(get_experiment=lambda _: experiment))
    monkeypatch.setattr(commands, "_free_port", lambda first: first)
    tags = {"mlflow.source.name": str(PROJECT), "mlflow.source.git.commit": "a" * 40}
    return SimpleNamespace(info=SimpleNamespace(experiment_id="3"), data=SimpleNamespace(tags=tags))


@pytest.fixture
def of_the_scripts(monkeypatch):
    """The environment is that of the scripts, and the person stands in the project's folder."""
    monkeypatch.setattr(sys, "prefix", str(PROJECT / ".venv"))
    monkeypatch.setenv(Variable.USERS_FOLDER, str(PROJECT))
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: f"sqlite:///{PROJECT}/mlflow.db")


@pytest.fixture
def of_another(monkeypatch):
    """The environment is another one, and so is the database."""
    monkeypatch.setattr(sys, "prefix", "/opt/conda/envs/mlflow-1")
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "sqlite:////data/my runs.db")


@pytest.mark.usefixtures("of_the_scripts")
@pytest.mark.parametrize("folder", [".venv-ray", ".venv-ray-2"])
def test_a_study_on_ray_goes_on_with_ray(parent, monkeypatch, folder):
    """Whichever of the scripts' folders has it."""
    monkeypatch.setattr(sys, "prefix", str(PROJECT / folder))
    assert commands.go_on(parent, "mine", {}).startswith("scripts/run --ray tune ")


@pytest.mark.usefixtures("of_the_scripts")
def test_the_scripts_are_short(parent, monkeypatch, tmp_path):
    """What they find by themselves is not said; from another folder they have the path from there."""
    assert commands.ui() == ("http://127.0.0.1:5000", "scripts/ui")
    assert commands.serve("models:/m-1") == "scripts/serve models:/m-1 --port 5050"
    assert commands.go_on(parent, "mine", {"n_trials": "100"}) == (
        "scripts/run tune --experiment-name trees -P study=mine -P n_trials=100"
    )
    monkeypatch.setenv(Variable.USERS_FOLDER, str(PROJECT / "docs"))
    assert commands.ui()[1] == "../scripts/ui"
    assert commands.ui(anywhere=True)[1] == f"{PROJECT}/scripts/ui"
    monkeypatch.setenv(Variable.USERS_FOLDER, str(tmp_path))
    assert commands.ui()[1] == f"{PROJECT}/scripts/ui"


@pytest.mark.usefixtures("of_the_scripts")
def test_the_page_has_commands_for_any_folder(parent):
    """Scripts by their whole path; a run is repeated by its id, or as it has it on record."""
    run = f"{PROJECT}/scripts/run"
    assert commands.go_on(parent, "mine", {}, anywhere=True) == f"{run} tune --experiment-name trees -P study=mine"
    assert commands.serve("models:/m-1", anywhere=True) == f"{PROJECT}/scripts/serve models:/m-1 --port 5050"
    assert commands.reproduce(parent, "abc") == f"{run} reproduce -P run_id=abc"
    recorded = "mlflow run . -e train -P 'x=a b' -P out=\"$(mktemp -d)\"  # at commit 1f"
    assert commands.again(parent, recorded) == recorded.replace("mlflow run . -e", run)


@pytest.mark.usefixtures("of_another")
def test_of_another_environment_the_page_has_its_interpreter(parent):
    """What a run has on record of a project that is elsewhere keeps its place, commit and manager."""
    head = f"PATH={Path(PYTHON).parent}:$PATH MLFLOW_TRACKING_URI='sqlite:////data/my runs.db' {PYTHON} -m mlflow run"
    ours = f"{head} {PROJECT} -e"
    assert commands.reproduce(parent, "abc") == f"{ours} reproduce --env-manager local -P run_id=abc"
    assert commands.again(parent, "mlflow run . -e train -P a=1") == f"{ours} train --env-manager local -P a=1"
    of_a_url = "https://host/it -v 1f -e train -P a=1"
    assert commands.again(parent, f"mlflow run {of_a_url}") == f"{head} --env-manager local {of_a_url}"
    of_another = "/other -e main --env-manager uv -P a=1"
    assert commands.again(parent, f"mlflow run {of_another}") == f"{head} {of_another}"


@pytest.mark.usefixtures("of_the_scripts")
def test_a_default_store_has_blanks_as_mlflow_writes_them(monkeypatch):
    """In a folder with a blank it is the one that the scripts find."""
    monkeypatch.setattr(commands, "_DEFAULT_STORES", ("sqlite:////my trees/mlflow.db",))
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "sqlite:////my%20trees/mlflow.db")
    assert commands.serve("models:/m-1") == "scripts/serve models:/m-1 --port 5050"


@pytest.mark.usefixtures("of_another")
def test_any_other_environment_has_its_interpreter_and_store(parent):
    """In full, since a new shell knows neither."""
    store = "MLFLOW_TRACKING_URI='sqlite:////data/my runs.db'"
    path = f"PATH={Path(PYTHON).parent}:$PATH"  # in which MLflow looks for uvicorn, and for a step's python
    assert commands.ui()[1] == f"{PYTHON} -m mlflow ui --backend-store-uri 'sqlite:////data/my runs.db'"
    assert commands.serve("models:/m-1") == (
        f"{path} {store} {PYTHON} -m mlflow models serve -m models:/m-1 --env-manager local --port 5050"
    )
    assert commands.go_on(parent, "my study", {}) == (
        f"{path} {store} {PYTHON} -m mlflow run {PROJECT} -e tune --env-manager local --experiment-name trees "
        "-P 'study=my study'"
    )
    assert commands.load("models:/m-1") == (
        f"""{PYTHON} -i -c 'import mlflow; mlflow.set_tracking_uri("sqlite:////data/my runs.db"); """
        """model = mlflow.pyfunc.load_model("models:/m-1")'"""
    )


@pytest.mark.usefixtures("of_another")
@pytest.mark.parametrize("url", ["https://host/some/project", "git@host:some/project", "file:///some/project"])
def test_a_study_from_a_url_goes_on_from_there(url, parent):
    """The clone in which this process runs is gone by then."""
    parent.data.tags["mlflow.source.name"] = url
    assert f"{PYTHON} -m mlflow run {url} -v {'a' * 40} -e tune" in commands.go_on(parent, "mine", {})


def test_a_server_has_its_own_ui(monkeypatch):
    """There is nothing to start."""
    monkeypatch.setattr(mlflow, "get_tracking_uri", lambda: "https://me:secret@host/mlflow/")
    address, command = commands.ui()
    assert command == ""
    assert "secret" not in address
    assert address.endswith("host/mlflow")


@pytest.mark.usefixtures("of_the_scripts")
def test_a_port_that_is_taken_is_left_alone(monkeypatch):
    """The next one is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(commands, "_UI_PORT", port)
        address, command = commands.ui()
    assert int(address.rpartition(":")[2]) > port
    assert command == f"scripts/ui --port {address.rpartition(':')[2]}"
