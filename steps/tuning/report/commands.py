"""Commands that work as they are printed, with nothing activated: where the person stands or, on the page, anywhere."""

import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import mlflow
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_SOURCE_NAME

from steps.names import Variable
from steps.project import location, secrets
from steps.project.environment import PROJECT
from steps.tracking.server_errors import where

# The first ports for the UI and for a model: the next ones if these are taken.
_UI_PORT, _SERVE_PORT = 5000, 5050
_TRIED = 20
# How the recorded command of a child of this project begins, without a remote.
_HERE = "mlflow run . -e "
# What a store is that MLflow finds by itself where the scripts start it.
_DEFAULT_STORES = ("sqlite:///mlflow.db", f"sqlite:///{PROJECT}/mlflow.db")


def ui(*, anywhere: bool = False) -> tuple[str, str]:
    """Return the address of MLflow's UI and the command that starts it there; empty for a tracking server's own.

    The page has the first port: what is free when it is written may not be when it is read.
    """
    uri = where()
    if uri.startswith(("http://", "https://")):
        return uri.rstrip("/"), ""
    port, script = _UI_PORT if anywhere else _free_port(_UI_PORT), _script("ui", anywhere)
    words = ["--backend-store-uri", uri] if not _is_default() or script is None else []
    words += ["--port", str(port)] if port != _UI_PORT else []
    return f"http://127.0.0.1:{port}", shlex.join([*(script or [sys.executable, "-m", "mlflow", "ui"]), *words])


def serve(model: str, *, anywhere: bool = False) -> str:
    """Return the command that serves a model."""
    port = str(_free_port(_SERVE_PORT))
    if (script := _script("serve", anywhere)) is not None:
        return f"{_with_store()}{shlex.join([*script, model, '--port', port])}"
    command = ["-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local", "--port", port]
    return f"{_with_path()}{_with_store(always=True)}{shlex.join([sys.executable, *command])}"


def load(model: str) -> str:
    """Return the command that opens Python with a model."""
    uri, name = json.dumps(where()), json.dumps(model)  # in double quotes, since the shell's are single ones
    code = f"import mlflow; mlflow.set_tracking_uri({uri}); model = mlflow.pyfunc.load_model({name})"
    return shlex.join([sys.executable, "-i", "-c", code])


def go_on(parent: Run, study: str, settings: Mapping[str, str], *, anywhere: bool = False) -> str:
    """Return the command that goes on with a study whose newest run is `parent`, with `settings` as it does not record.

    On a Ray cluster it goes on in the environment that has Ray.
    """
    experiment = MlflowClient().get_experiment(parent.info.experiment_id).name
    words = ["--experiment-name", experiment] if experiment != "Default" else []
    for name, word in {"study": study, **settings}.items():
        words += ["-P", f"{name}={word}"]
    return f"{_entry_point(parent, 'tune', anywhere=anywhere)} {shlex.join(words)}"


def reproduce(parent: Run, run_id: str) -> str:
    """Return the command that repeats a run of a study in any folder, and compares."""
    return f"{_entry_point(parent, 'reproduce', anywhere=True)} -P run_id={run_id}"


def again(parent: Run, recorded: str) -> str:
    """Return the command that repeats a child run, as the run has it on record, so that it works in any folder."""
    if recorded.startswith(_HERE):
        name, _, rest = recorded.removeprefix(_HERE).partition(" ")
        return f"{_entry_point(parent, name, anywhere=True)} {rest}"
    manager = "" if " --env-manager " in recorded else "--env-manager local "
    command = f"{shlex.quote(sys.executable)} -m mlflow run {manager}{recorded.removeprefix('mlflow run ')}"
    return f"{_with_path()}{_with_store(always=True)}{command}"


def _entry_point(parent: Run, name: str, *, anywhere: bool) -> str:
    """Return the beginning of the command that runs an entry point of this project."""
    script = _script("run", anywhere)
    if script is None:
        words = [*_mlflow_run(parent), "-e", name, "--env-manager", "local"]
        return f"{_with_path()}{_with_store(always=True)}{shlex.join(words)}"
    ray = ["--ray"] if Path(sys.prefix).name.startswith(".venv-ray") else []
    return f"{_with_store()}{shlex.join([*script, *ray, name])}"


def _script(name: str, anywhere: bool) -> list[str] | None:
    """Return a script of this project as a person can type it; None if another environment is in use than its own."""
    if Path(sys.prefix).parent.resolve() != PROJECT:
        return None
    script = PROJECT / "scripts" / name
    relative = os.path.relpath(script, os.environ.get(Variable.USERS_FOLDER) or Path.cwd())
    return [str(script) if anywhere or relative.startswith("../..") else relative]


def _mlflow_run(parent: Run) -> list[str]:
    """Return the command that runs this project again, from where the study's run says that it is.

    From a Git URL this folder is a temporary clone.
    """
    tags, command = parent.data.tags, [sys.executable, "-m", "mlflow", "run"]
    source = tags.get(MLFLOW_SOURCE_NAME, "")
    if MLFLOW_GIT_COMMIT in tags and location.is_fetched(source):
        return [*command, secrets.hidden(source), "-v", tags[MLFLOW_GIT_COMMIT]]
    return [*command, str(PROJECT)]


def _is_default() -> bool:
    return unquote(mlflow.get_tracking_uri()) in _DEFAULT_STORES  # MLflow writes a blank in it as %20


def _with_path() -> str:
    """Return what puts this environment first for one command: MLflow starts uvicorn, and a step's python, by name."""
    return f"PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH "


def _with_store(*, always: bool = False) -> str:
    """Return what sets the tracking URI for one command; nothing where the command finds it."""
    return "" if _is_default() and not always else f"MLFLOW_TRACKING_URI={shlex.quote(where())} "


def _free_port(first: int) -> int:
    """Return the first port from `first` on at which nothing listens on this machine."""
    for port in range(first, first + _TRIED):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    return first
