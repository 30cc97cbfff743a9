"""The shell blocks of README, docs/ and examples/, pasted as they are into a shell where nothing is active.

They share a clone and its environment, which the first of them sets up as it does for anybody; each page begins with no
runs. What is left out, and why, stands in `tests/texts/blocks.py` and above the blocks.
"""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.tools import LIMIT_S, copy_project, git, processes_with
from tests.host import ROOT
from tests.texts import blocks, rehearsal
from tests.waits import until

# Scripts that answer until Ctrl-C, and what they say then.
SERVERS = re.compile(r"^scripts/(ui|serve)\b", re.MULTILINE)
ANSWERS = re.compile(r"Uvicorn running on (http://[\w.:]+)")
RUN = [block for block in blocks.everywhere() if block.run]

# Slow: the environment alone takes most of a minute, and each block runs whole studies.
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone, which has no environment yet."""
    folder = copy_project(tmp_path_factory.mktemp("pasted") / "a clone")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it stands")
    return folder


@pytest.fixture
def variables(clone: Path) -> dict[str, str]:
    """What a shell has where nothing is active, and a mark by which all processes are found."""
    dropped = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "MLFLOW_TRACKING_URI"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.startswith(f"{ROOT}/")]
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        "TEST_MARK": f"pasted-{clone}",
        "XDG_STATE_HOME": f"{clone.parent}/state",
    }


def is_healthy(address: str) -> bool:
    """Tell whether a server answers."""
    with suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
        return bool(answer.status == 200)
    return False


PAGES_BEGUN: set[str] = set()


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_block_works_as_it_is_pasted(block: blocks.Block, clone: Path, variables: dict[str, str]) -> None:
    """It ends with exit code 0, or answers until Ctrl-C if it ends with a server; nothing that it started is left."""
    if block.page not in PAGES_BEGUN:
        PAGES_BEGUN.add(block.page)
        (clone / "mlflow.db").unlink(missing_ok=True)
        shutil.rmtree(clone / "mlruns", ignore_errors=True)
    output = clone.parent / "output.txt"
    text = rehearsal.at_tmp(block.run, clone.parent)
    with output.open("w") as written:
        process = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", text],
            cwd=clone, env=variables, stdin=subprocess.DEVNULL, stdout=written, stderr=written, start_new_session=True,
        )  # fmt: skip
    try:
        if SERVERS.search(block.run):
            until(lambda: ANSWERS.search(output.read_text()) or process.poll() is not None, LIMIT_S, str(block))
            answers = ANSWERS.search(output.read_text())
            assert answers, output.read_text()
            until(lambda: is_healthy(answers[1]), LIMIT_S, f"an answer of {answers[1]}")  # its workers begin after that
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(LIMIT_S)
        else:
            assert process.wait(LIMIT_S) == 0, output.read_text()
        until(lambda: not processes_with(f"TEST_MARK=pasted-{clone}"), 60, "the end of all that it started")
    finally:
        for pid in processes_with(f"TEST_MARK=pasted-{clone}"):
            os.kill(pid, signal.SIGKILL)
        process.wait()
