import json
import subprocess
import sys
from functools import partial

import pytest

from steps.project.environment import PROJECT

pytestmark = pytest.mark.e2e

# Asks a forkserver, of its own, in a folder, for each call, and prints what came.
SCRIPT = """
import json, os, sys
from pathlib import Path
from steps.backends.warm import forkserver
calls = json.loads(sys.argv[1])
os.chdir(sys.argv[2])
forkserver.start(["steps.no_such"], Path(sys.argv[3]))
forkserver.start(["steps.parameters.declared"], Path(sys.argv[3]))  # the other one ends
forkserver.order([["steps.process.threads:limit", {"threads": 3}]])
answers = []
for path, arguments in calls:
    try:
        answers.append(forkserver.call(path, **arguments))
    except Exception as error:
        answers.append(f"{type(error).__name__}: {error}")
print(json.dumps([answers, "steps.parameters.declared" in sys.modules]))
"""


@pytest.fixture
def ask(tmp_path):
    """Ask: what the calls gave, and what stood on stderr."""
    return partial(_ask, str(tmp_path))


def _ask(own, calls, folder=PROJECT):
    words = [sys.executable, "-c", SCRIPT, json.dumps(calls), str(folder), own]
    env = {"PATH": "/usr/bin:/bin"}  # no PYTHONPATH: the forkserver finds the project by its folder
    done = subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=30, check=True)
    answers, imported = json.loads(done.stdout)
    assert not imported  # the one who asks has imported nothing of it
    return answers, done.stderr


def test_a_fork_answers_errs_or_is_missed(ask):
    """A call returns its result; a WrongValue there is raised here; a fork that ends without a word is an error."""
    problem = {"space": "zzz"}
    answers, stderr = ask(
        [
            ("steps.parameters.declared:shown", {"value": True}),
            ("os:getenv", {"key": "OMP_NUM_THREADS"}),
            ("steps.tuning.space:load", problem),
            ("os:_exit", {"status": 5}),
            ("steps.parameters.declared:shown", {"value": 2}),
        ]
    )
    assert answers[0] == "true"
    assert answers[1] == "3"  # what the calls at the start did is there in every fork
    assert answers[2].startswith("WrongValue: --space 'zzz': must be one of ")
    assert answers[3] == "RuntimeError: os:_exit ended with exit code 5 in the forkserver's child"
    assert answers[4] == "2"
    assert stderr == ""


@pytest.mark.parametrize("name", ["elsewhere", "it's elsewhere"])
def test_a_forkserver_that_preloaded_nothing_is_noticed(ask, name, tmp_path):
    """Started where `steps` is not, it would silently be cold: the first call says so."""
    (tmp_path / name).mkdir()
    answers, _ = ask([("os:getpid", {})], tmp_path / name)
    assert answers == ["RuntimeError: the forkserver did not preload: is `steps` importable from its folder?"]


# A main module with a file, and with a name as `python -m` gives it one, that notes each time it is imported.
MAIN = """
import os
import sys
from pathlib import Path
folder = Path(sys.argv[1])
with (folder / "imported.txt").open("a") as file:
    file.write(__name__ + " ")
if __name__ == "__main__":
    from steps.backends.warm import forkserver
    forkserver.start([], folder)
    forkserver.order([])
    assert forkserver.call("os:getpid") != os.getpid()
    assert sys.modules["__main__"].__file__
"""


@pytest.mark.parametrize("words", [["main_module.py"], ["-m", "main_module"]], ids=["file", "module"])
def test_a_fork_does_not_import_the_main_module_again(words, tmp_path):
    """`multiprocessing` would, under the name `__mp_main__`; and the process that asks still has its own afterwards."""
    (tmp_path / "main_module.py").write_text(MAIN)
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, *words, str(tmp_path)]
    subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=60, check=True)
    assert (tmp_path / "imported.txt").read_text() == "__main__ "
