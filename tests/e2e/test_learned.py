"""A study of somebody's own script: what it imports is learned; where a fork of that is unsafe, nothing is lost."""

import json
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


# What packages do as they are imported, for the process that does it.
DOING = {
    "a_generator": "import numpy as np\nrng = np.random.default_rng()\n",
    "a_folder": "import tempfile\nfolder = tempfile.mkdtemp()\n",
    "a_handler": "import signal\ndef end(*_): raise SystemExit(3)\nsignal.signal(signal.SIGTERM, end)\n",
    "a_log": "import logging\nlogging.basicConfig(filename='own.log', level=logging.INFO)\n",
    "a_thread": "import threading\nstopped = threading.Event()\n"
    "thread = threading.Thread(target=stopped.wait, daemon=True)\nthread.start()\n",
    "an_exit": "import atexit\natexit.register(lambda: open(ended, 'a').write('ended\\n'))\n",
    "a_reader": "import os\nflavour = os.environ.get('FLAVOUR')\n",
}
# Its facts are those of an interpreter of its own; its draws are no other trial's. After three with imports before
# their fork the loss is 0, and so the study ends.
FACTS = f"""
import os, sys
was_there = "a_reader" in sys.modules
os.environ["FLAVOUR"], os.environ["OMP_NUM_THREADS"] = "sweet", "2"
import json, logging, random, shutil, signal
import mlflow
import numpy as np
import sklearn
from threadpoolctl import threadpool_info
import helper
import {", ".join(DOING)}
with mlflow.start_run() as run:
    os.environ["LATER"] = run.info.run_id
    an_exit.ended = os.path.join(os.environ["SEEN"], run.info.run_id + ".exit")
    logging.getLogger("fit").info("at work")
    facts = {{
        "flavour": a_reader.flavour, "thread": a_thread.thread.is_alive(), "folder": os.listdir(a_folder.folder),
        "handler": signal.getsignal(signal.SIGTERM).__module__, "log": open("own.log").readlines()[-1],
        "threads": sorted({{pool["num_threads"] for pool in threadpool_info()}}),
    }}
    shutil.rmtree(a_folder.folder)
    rngs = [helper.rng, a_generator.rng, np.random, random]
    draws = [rng.random() for rng in rngs]
    mlflow.log_dict({{"facts": facts, "draws": draws, "was_there": was_there}}, "facts.json")
    seen = os.path.join(os.environ["SEEN"], f"warm-{{was_there}}-")
    open(seen + run.info.run_id, "w").close()
    names = [name for name in os.listdir(os.environ["SEEN"]) if name.startswith("warm-True-")]
    mlflow.log_metric("loss", 0 if len(names) >= 3 else 1)
"""


@pytest.mark.slow
def test_what_packages_do_as_they_are_imported_is_done_for_each_trial(
    tmp_path_factory: pytest.TempPathFactory, new_place: Callable[..., Place], tmp_path: Path
) -> None:
    """Each trial finds what it would in an interpreter of its own, forked with imports or not; none runs twice."""
    project = copy_project(tmp_path_factory.mktemp("doing"))
    (project / "learned.py").write_text(FACTS)
    (project / "helper").mkdir()
    (project / "helper" / "__init__.py").write_text(DOING["a_generator"])
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)
    (project / "x.yaml").write_text("x: {type: float, low: 0, high: 1}\n")
    packages = tmp_path / "site-packages"
    packages.mkdir()
    for name, text in DOING.items():
        (packages / f"{name}.py").write_text(text)
    facts, draws, warm = [], [], 0
    for backend, more in (("local", {"n_trials": 1, "jobs": 1}), ("warm", {"n_trials": 1000, "jobs": 2})):
        seen = tmp_path / backend
        seen.mkdir()
        place = new_place(project=project, extra={"PYTHONPATH": str(packages), "SEEN": str(seen)})
        words = {"entry_point": "learned", "space": "./x.yaml", "sampler": "random", "backend": backend}
        done = place.run(place.step_command("steps.tune", **{**words, **STUDY, **more}), cwd=project, check=False)
        assert done.code == 0, done.stderr
        runs = place.study().ended("COMPLETE")
        assert {run.data.tags["tuning.state"] for run in place.study().children} <= {"COMPLETE", "STOPPED"}
        assert "run again" not in done.stderr
        for run in runs:
            written = json.loads(Path(place.client.download_artifacts(run.info.run_id, "facts.json")).read_text())
            facts.append(written["facts"])
            draws += written["draws"]
            warm += written["was_there"]
            assert (seen / f"{run.info.run_id}.exit").read_text() == "ended\n"
    assert facts == [facts[0]] * len(facts)
    assert len(set(draws)) == len(draws)
    assert warm >= 3
