"""The launcher's own files, which run in other people's environments."""

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from steps.project.environment import PROJECT
from tests.samples import any_python

FOLDER = PROJECT / "steps" / "backends" / "warm"
OLDEST = (3, 9)


def interpreters() -> list[str]:
    """List the Pythons of this machine that can be found, those of pyenv too: this one first, one of each version."""
    commands = [sys.executable, "/usr/bin/python3", *filter(None, (shutil.which(f"python3.{n}") for n in range(9, 20)))]
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        if folder.name == "shims":
            commands += map(str, sorted(folder.parent.glob("versions/3.*/bin/python")))
    by_version: dict[tuple[int, ...], str] = {}
    for command in commands:
        ask = [command, "-c", "import sys; print(*sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False) if Path(command).exists() else None
        version = tuple(map(int, done.stdout.split())) if done is not None and done.returncode == 0 else ()
        if version >= OLDEST:
            by_version.setdefault(version, command)
    return list(by_version.values())


@pytest.mark.e2e
def test_a_program_is_whole_under_each_python_of_this_machine(tmp_path):
    """Whatever interpreter the launcher runs in: pools, threads, exit handlers and the exit code are Python's own."""
    answers = {}
    for number, interpreter in enumerate(interpreters()):
        output = tmp_path / str(number)
        words = ["python", "any_python.py", "it's"]
        request = {"words": words, "folder": str(Path(any_python.__file__).parent), "output": str(output)}
        ours, theirs = socket.socketpair()
        with theirs:
            command = [interpreter, str(FOLDER / "launcher.py"), str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
        reading, writing = os.pipe()
        with ours, os.fdopen(reading) as reports:
            ours.sendall(b'{"modules": ["multiprocessing.pool"]}\n')
            fork = {"fork": {**request, "variables": {"GIVEN": "1"}, "quick": False}, "descriptors": 1}
            socket.send_fds(ours, [json.dumps(fork).encode() + b"\n"], [writing])
            os.close(writing)
            *_, end = map(json.loads, reports)
        assert process.wait(120) == 0
        answers[interpreter] = (end["code"], output.read_text().splitlines())
    expected = ["['any_python.py', \"it's\"] 1", "fork 6", "spawn 6", "forkserver 6", "thread", "exit handler"]
    assert answers == dict.fromkeys(answers, (7, expected))
    assert answers


# The launcher, and what it imports from beside it.
ANY_PYTHON = [
    *("ending", "environ", "generators", "imports", "launcher", "learned", "main_program", "mlflow_calls"),
    *("on_path/sitecustomize", "orders", "processes", "spelling", "sql_store", "traces"),
]


@pytest.mark.parametrize("name", [*ANY_PYTHON, "../../names"])
def test_the_launcher_is_python_3_9_and_the_standard_library_alone(name):
    """An environment of any Python from 3.9 on, with nothing of this project in it, can run it."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(), feature_version=OLDEST)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in imported} <= sys.stdlib_module_names
    # A union of types by | in an annotation would be evaluated, and fail, before 3.10.
    annotations = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    annotations += [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns]
    assert not any(isinstance(node, ast.BinOp) for annotation in annotations for node in ast.walk(annotation))
