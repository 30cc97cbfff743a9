"""What a search finds: this project's parallel one against a plain sequential Optuna study.

    scripts/bench search [seeds] [trials]

For each data set, space and seed both have the same folds, the same trials in number and the same estimator's seed; the
plain one is `optuna.create_study` with its default sampler, told of every trial before the next is asked. Prints the
best cross-validated score of both, the mean difference over the seeds and the spread (standard deviation) of the
plain one's best over them: a difference within it is none. Several studies run at a time: what they find does not
depend on timing. Then what a search makes of a cliff, see `cliff`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import product, repeat
from pathlib import Path

import optuna
from mlflow.tracking import MlflowClient

from scripts.benchmarks import cliff
from steps.parameters.settings import TrainSettings
from steps.process import threads
from steps.training import run_plan
from steps.training.model import estimator
from steps.training.scores import folds
from steps.tuning.space import load

ROOT = Path(__file__).resolve().parent.parent.parent
SETS = ("wine", "breast_cancer", "digits")
SPACES = ("random_forest", "svm", "knn")
FOLDS = 3


def main(seeds: int = 10, trials: int = 30) -> None:
    """Measure and print."""
    threads.limit(1)
    print(f"{trials} trials, {FOLDS} folds, {seeds} seeds; best cv_accuracy, mean over the seeds")
    print(f"{'data':<14} {'space':<14} {'plain':>8} {'here':>8} {'difference':>11} {'spread':>8}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for data, space in product(SETS, SPACES):
            kinds = [
                pool.map(kind, repeat(data), repeat(space), range(seeds), repeat(trials)) for kind in (here, plain)
            ]
            ours, theirs = map(list, kinds)
            difference = statistics.mean(a - b for a, b in zip(ours, theirs, strict=True))
            print(
                f"{data:<14} {space:<14} {statistics.mean(theirs):>8.4f} {statistics.mean(ours):>8.4f} "
                f"{difference:>+11.4f} {statistics.stdev(theirs):>8.4f}",
                flush=True,
            )
    cliff.main()


def here(data: str, space: str, seed: int, trials: int) -> float:
    """Run the tuning step; return the best score that its parent run has."""
    words = {"data": data, "space": space, "seed": seed, "n_trials": trials, "folds": FOLDS, "jobs": 1}
    with tempfile.TemporaryDirectory() as folder:
        uri = f"sqlite:///{folder}/mlflow.db"
        subprocess.run(
            [sys.executable, "-m", "steps.tune", *(f"--{name}={value}" for name, value in words.items())],
            cwd=ROOT,
            env={**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"},
            check=True,
            capture_output=True,
        )
        (parent,) = MlflowClient(uri).search_runs(["0"], "tags.`tuning.role` = 'study'")
        return float(parent.data.metrics["best_cv_accuracy"])


def plain(data: str, space: str, seed: int, trials: int) -> float:
    """Run a sequential study in this process over the same space, folds and estimator; return its best score."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    made = run_plan.make(TrainSettings(data=data, seed=seed, folds=FOLDS), ())
    rows, searched = made.examples, load(space).for_task("classification")

    def objective(trial: optuna.Trial) -> float:
        choice = searched.child(searched.suggest(trial))
        maker = estimator.import_maker(choice.estimator or made.estimator_path, "classification")
        unfitted = estimator.build(maker, choice.hyperparameters, seed=seed, threads=1)
        scores = folds.scores(unfitted, rows.features, rows.target, rows.layout.splits, made.scorer())
        return statistics.mean(score for score, _ in scores)

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    return study.best_value


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
