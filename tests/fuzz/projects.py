"""Files of other people's projects: MLproject, the environments that they declare, and the settings of a backend."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import strategies as st

from steps.backends.ray import config
from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.project import declared_environment
from steps.spaces import starter
from steps.tuning import entry_point
from steps.tuning.checks import backend
from steps.tuning.tuned_project import TunedProject
from tests.fuzz.target import Target, written
from tests.fuzz.texts import changed, changed_json, soup, yaml_soup

_MLPROJECT = [
    """\
name: theirs
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.1}
      path: path
    command: "python fit.py --alpha {alpha}"
  tune:
    command: "python tune.py"
""",
    """\
name: theirs
conda_env: conda.yaml
entry_points:
  fit:
    parameters: {n: {type: int, default: 3}, s: {default: yes}}
    command: >
      bash fit.sh
""",
    "docker_env: {image: x, volumes: [a:b], environment: [[A, b], C]}\nentry_points: {main: {command: x}}\n",
]
_PYTHON_ENV = [
    'python: "3.11"\nbuild_dependencies: [pip]\ndependencies:\n- mlflow==3.17.2\n- -r requirements.txt\n- -e .\n'
]
_CONDA = [
    "channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - mlflow==3.17.2\n  - -r requirements.txt\n"
]
_WORDS = (
    "name", "entry_points", "main", "parameters", "command", "python_env", "conda_env", "docker_env", "image", "type",
    "default",
    "string", "float", "path", "uri", "{alpha}", "null", "[]", "{}", "dependencies", "pip", "python", "=", "1",
    "true", "&a ", "*a",
    "<<", ": ", "\n", "\n  ", "- ", '"', "'", "!!python/name:os.system", "-r requirements.txt", "-e .", "..", "/",
)  # fmt: skip


def _file(samples: list[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(samples), changed(samples, _WORDS), soup(_WORDS), yaml_soup())


def _project(folder: Path, drawn: tuple[str, str, str, str]) -> None:
    theirs = folder / "theirs"
    shutil.rmtree(theirs, ignore_errors=True)
    theirs.mkdir()
    for name, text in zip(("MLproject", "python_env.yaml", "conda.yaml", "requirements.txt"), drawn, strict=True):
        written(theirs, name, text)
    project = TunedProject(str(theirs), theirs, identity="files of a test")
    for action in (_entry, _environment):
        Target(st.none(), partial(_acted, action, project)).check(folder, None)


def _acted(action: Callable[[TunedProject], None], project: TunedProject, _folder: Path, _drawn: None) -> None:
    action(project)


def _entry(project: TunedProject) -> None:
    for name in ["auto", *list(project.commands())[:2]]:
        entry = entry_point.find(name, project)
        entry.common(TuneSettings())
        entry.check({"alpha": "here"})
    starter.text(project.parameters(entry.name), ["data"])


def _environment(project: TunedProject) -> None:
    read = project.read()
    for manager in ("uv", "conda"):
        try:
            found = declared_environment.declared(read, project.folder, manager)
        except WrongValue as error:
            if "is not installed" not in str(error):
                raise
            continue
        assert found is not None
        assert found.text
        assert all(isinstance(line, str) for line in found.editable)


def _backend_config(folder: Path, text: str) -> None:
    path = written(folder, "backend.json", text)
    content = backend.read_backend_config(TuneSettings(backend_config=str(path)))
    json.dumps(config.read(content, threads=1).options(), allow_nan=False)


TARGETS = {
    "project": Target(
        st.tuples(_file(_MLPROJECT), _file(_PYTHON_ENV), _file(_CONDA), soup(("-r requirements.txt", "-e .", "\n",
        "\\\n", " #", "x==1"))),
        _project,
    ),
    "backend_config": Target(
        changed_json({"address": "auto",
        "cpus": 1, "gpus": 0.5, "memory": 10**9, "resources": {"a": 1}, "runtime_env": "pip"},
                     {"cpus": 2, "runtime_env": {"env_vars": {"A": "b"}}}),
        _backend_config,
    ),
}  # fmt: skip
