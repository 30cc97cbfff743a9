"""A study of somebody's own script: what it imports is learned; where a fork of that is unsafe, nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.tools import Place, copy_project

pytestmark = pytest.mark.e2e

STANZA = """
  learned:
    parameters:
      x: {type: float, default: 0.5}
    command: "python learned.py {x}"
"""
# Whoever finds the folder on its path takes what is in it for installed.
PACKAGE = """
import os
home = os.getpid()
def work(unsafe):
    if unsafe and os.getpid() != home:
        os.abort()
"""
# The loss is 0, and so the study ends, once the package was there before the script began; or once that has crashed.
SCRIPT = """
import os, sys
was_there = "unforkable" in sys.modules
import mlflow
import unforkable
crashed, unsafe = os.environ["CRASHED"], bool(os.environ["UNSAFE"])
if was_there and unsafe:
    open(crashed, "w").close()
unforkable.work(unsafe)
mlflow.log_metric("loss", 0 if was_there or os.path.exists(crashed) else 1)
"""
STUDY = {
    **{"objective": "loss", "direction": "minimize", "target_value": 0, "n_trials": 1000},
    **{"retries": 0, "champion": False, "report": False},
}


@pytest.mark.parametrize(
    "unsafe", [pytest.param("", marks=pytest.mark.slow, id="safe"), pytest.param("yes", id="unsafe")]
)
def test_what_a_script_imports_is_learned(
    unsafe: str, tmp_path_factory: pytest.TempPathFactory, new_place: Callable[..., Place], tmp_path: Path
) -> None:
    """No trial waits for it, and none fails: one that crashes in such a fork is run again, and the others cold."""
    project = copy_project(tmp_path_factory.mktemp("learned"))
    (project / "learned.py").write_text(SCRIPT)
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    (project / "x.yaml").write_text("x: {type: float, low: 0, high: 1}\n")
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "unforkable.py").write_text(PACKAGE)
    variables = {"PYTHONPATH": str(packages), "CRASHED": str(tmp_path / "crashed"), "UNSAFE": unsafe}
    place = new_place(project=project, extra=variables)
    words = {
        "entry_point": "learned",
        "space": "./x.yaml",
        "sampler": "random",
        "jobs": 2,
        "champion": False,
        "report": False,
        **STUDY,
    }
    done = place.run(place.step_command("steps.tune", **words), cwd=project, check=False)
    assert done.code == 0, done.stderr
    children = place.study().children
    states = [run.data.tags["tuning.state"] for run in children]
    assert set(states) <= {"COMPLETE", "RETRIED", "STOPPED"}
    assert ("RETRIED" in states) == bool(unsafe)
    assert done.stderr.count("from now on trials start cold") == bool(unsafe)
    assert min(run.data.metrics["loss"] for run in place.study().ended("COMPLETE")) == 0
