"""Seconds a trial of somebody else's project, in its own environment: against the same script in ours, and MLflow's.

    scripts/bench projects [trials] [packages …]

The script imports pandas, scikit-learn and MLflow and works for 0.1 s. Its environment, made by uv before any clock
runs, has the versions of ours. The trials start cold until what they import has been learned; the second half of a
study shows what they take from then on. Packages such as torch==2.13.0 are imported by the script too; ours is then an
environment of them on top of this one.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient

from scripts.benchmarks.speed import LOCAL_TRIALS, ROOT

PACKAGES = ("mlflow", "pandas", "scikit-learn")
MLPROJECT = """name: bench
conda_env: conda.yaml
entry_points:
  main:
    parameters: {x: {type: float, default: 0.5}}
    command: "python fit.py {x}"
"""
CONDA = """name: bench
dependencies:
  - python={python}
  - pip
  - pip:
{pins}
"""
SCRIPT = """
import sys
import time

import mlflow
import pandas
from sklearn.linear_model import Ridge
{imports}

def main():
    began = time.process_time()
    table = pandas.DataFrame({{"a": range(500), "b": range(500)}})
    score = Ridge(alpha=float(sys.argv[1])).fit(table[["a"]], table["b"]).score(table[["a"]], table["b"])
    while time.process_time() - began < 0.1:
        pass
    mlflow.log_metric("score", score)


main()
"""


def main(trials: int = 50, *packages: str) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = write_project(folder / "project", packages)
        python = environment(folder / "environment", packages)
        store = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        if "PIP_FIND_LINKS" in os.environ:  # where pip finds packages, uv does
            store["UV_FIND_LINKS"] = os.environ["PIP_FIND_LINKS"]
        MlflowClient(store["MLFLOW_TRACKING_URI"]).search_experiments()  # the tables are made before any clock runs
        rows = {
            "our environment": {"env_manager": "local", "n_trials": trials},
            "its own": {"env_manager": "uv", "n_trials": trials},
            "its own, backend=local": {"env_manager": "uv", "n_trials": LOCAL_TRIALS, "backend": "local"},
        }
        study(python, project, store, {"env_manager": "uv", "n_trials": 1})  # makes the environment
        what = f"{' and '.join(packages)} imported too; " if packages else ""
        print(f"{what}{trials} trials, two at a time\n{'':<24} {'s a trial':>10} {'second half':>12} {'ratio':>6}")
        base = 0.0
        for row, words in rows.items():
            whole, later = study(python, project, store, words)
            base = base or later
            print(f"{row:<24} {whole:>10.2f} {later:>12.2f} {later / base:>6.2f}", flush=True)


def write_project(folder: Path, packages: Sequence[str]) -> Path:
    """Write the project that is tuned, and its space beside it."""
    folder.mkdir()
    own = [f"{package}=={metadata.version(package)}" for package in PACKAGES]
    pins = "\n".join(f"    - {package}" for package in [*own, *packages])
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "MLproject").write_text(MLPROJECT)
    (folder / "conda.yaml").write_text(CONDA.format(python=version, pins=pins))
    modules = (re.split(r"[^\w-]", package)[0].replace("-", "_") for package in packages)
    (folder / "fit.py").write_text(SCRIPT.format(imports="".join(f"import {module}\n" for module in modules)))
    (folder.parent / "space.yaml").write_text("x: {type: float, low: 0, high: 1}\n")
    return folder


def environment(folder: Path, packages: Sequence[str]) -> str:
    """Make an environment of packages on top of this process's own; return its interpreter; without packages, ours."""
    if not packages:
        return sys.executable
    python = str(folder / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(own, "below.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *packages], check=True)
    return python


def study(python: str, project: Path, store: dict[str, str], words: dict[str, Any]) -> tuple[float, float]:
    """Tune the project; return its pace."""
    fixed = {"project": project, "space": project.parent / "space.yaml", "objective": "score", "direction": "maximize"}
    rest = {"jobs": 2, "sampler": "random", "champion": "false", "report": "false"}
    command = [python, "-m", "mlflow", "run", str(ROOT), "-e", "tune", "--env-manager", "local"]
    for name, value in {**fixed, **rest, **words}.items():
        command += ["-P", f"{name}={value}"]
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    variables = {**os.environ, **store, "PATH": path}
    done = subprocess.run(command, cwd=project.parent, check=False, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise SystemExit(done.stderr)
    return pace(MlflowClient(store["MLFLOW_TRACKING_URI"]))


def pace(client: MlflowClient) -> tuple[float, float]:
    """Return the seconds a trial of the last study: of all trials, and of the second half."""
    parent = client.search_runs(["0"], "tags.`tuning.role` = 'study'", max_results=1)[0]
    children = client.search_runs(
        ["0"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}' AND tags.`tuning.role` = 'trial'", max_results=5000
    )
    ends = sorted(run.info.end_time / 1000 for run in children)
    first = min(run.info.start_time / 1000 for run in children)
    middle = len(ends) // 2
    return (ends[-1] - first) / len(ends), (ends[-1] - ends[middle]) / max(1, len(ends) - 1 - middle)


if __name__ == "__main__":
    main(int([*sys.argv, "50"][1]), *sys.argv[2:])
