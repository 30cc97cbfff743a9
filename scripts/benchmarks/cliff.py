"""What a search makes of a cliff: a script that fails above a width, and does best just below it.

    scripts/bench cliff [seeds] [trials] [real]

Prints for each seed how many trials fail, why the study ends, and its best loss (0 is the optimum). Once where failures
teach the sampler and once where it is told of them as failed, both asked and told in this process; then, of the first
`real` seeds, for a study of real child runs, which should be the first of the two again. Nothing of it depends on the
machine or on timing. `scripts/bench search` ends with this.
"""

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from scripts.benchmarks.speed import ROOT
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.search.search import Outcome, Search
from steps.tuning.search.stopping import N_TRIALS, BestTrials, StopRules
from steps.tuning.space import load

CLIFF, OPTIMUM, WIDTH = 600, 590, 36
SPACE = "width=16..1024 lr=log(1e-4,1)"
SCRIPT = f"""
import argparse
import math

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int)
parser.add_argument("--lr", type=float)
given = parser.parse_args()
if given.width > {CLIFF}:
    raise MemoryError(f"no memory for a width of {{given.width}}")
mlflow.log_metric("loss", ((given.width - {OPTIMUM}) / 100) ** 2 + (math.log10(given.lr) + 2) ** 2)
"""


def main(seeds: int = 8, trials: int = 60, real: int = 8) -> None:
    """Measure and print."""
    print(f"a script that fails above a width of {CLIFF}, best at {OPTIMUM}; up to {trials} trials, {seeds} seeds")
    columns = ("failures teach", "told as failed", "a real study")
    print("seed" + "".join(f"{title:>{WIDTH}}" for title in columns))
    for seed in range(seeds):
        cells = [simulated(seed, trials, failures_teach=teach) for teach in (True, False)]
        cells += [study(seed, trials)] if seed < real else []
        print(f"{seed:>4}" + "".join(f"{cell:>{WIDTH}}" for cell in cells), flush=True)


def shown(trials: int, failed: int, ended_by: str, best: float) -> str:
    """Say how a study ended."""
    return f"{failed} of {trials} failed, {ended_by}, {best:.3f}"


def study(seed: int, trials: int) -> str:
    """Run the tuning step, and say how the study ended."""
    words = {
        "entry_point": "fit.py", "space": SPACE, "objective": "loss", "direction": "minimize", "seed": seed,
        "n_trials": trials, "env_manager": "local", "champion": "false", "report": "false",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        (project / "fit.py").write_text(SCRIPT)
        uri = f"sqlite:///{folder}/mlflow.db"
        subprocess.run(
            [sys.executable, "-m", "steps.tune", f"--project={project}", *(f"--{k}={v}" for k, v in words.items())],
            cwd=ROOT,
            env={**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"},
            check=True,
            capture_output=True,
        )
        (parent,) = MlflowClient(uri).search_runs(["0"], "tags.`tuning.role` = 'study'")
    counts = {name: int(parent.data.metrics[f"trials_{name}"]) for name in ("complete", "pruned", "fail")}
    best = float(parent.data.metrics["best_loss"])
    return shown(sum(counts.values()), counts["fail"], parent.data.tags["tuning.stopped_by"], best)


def simulated(seed: int, trials: int, *, failures_teach: bool) -> str:
    """Say how a study ends whose search and stop rules are asked and told in this process, as the loop does."""
    space = load(SPACE).for_task("classification")
    search = Search(space, sampler="tpe", seed=seed, window=4, directions=["minimize"], failures_teach=failures_teach)
    rules = StopRules(BestTrials(("minimize",)), max_failures=TuneSettings().max_failures)
    failed, ended_by = 0, None
    while ended_by is None:
        number, params = search.ask()
        fails = params["width"] > CLIFF
        loss = ((params["width"] - OPTIMUM) / 100) ** 2 + (math.log10(params["lr"]) + 2) ** 2
        search.settle(number, Outcome(TrialState.FAIL) if fails else Outcome(TrialState.COMPLETE, (loss,)))
        failed += fails
        ended_by = rules.judge(number, () if fails else (loss,), failed=fails, reason="exit code 1: MemoryError")
        if ended_by is None and search.asked == trials:
            ended_by = N_TRIALS
    return shown(search.asked, failed, ended_by, rules.best.value or 0.0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
