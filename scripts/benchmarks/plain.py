"""The peer: a plain in-process Optuna loop over the same trials, logging the same to MLflow.

    python -m scripts.benchmarks.plain <folds> [<journal file> <trials>]

Reads the trials' hyperparameters (JSON, a list) from stdin; prints the loop's seconds as JSON. With a journal file it
is one of several processes of one study, and runs so many of the trials that wait in it. Run by `speed`.
"""

import json
import sys
import time

import mlflow
import optuna
from mlflow.entities import Metric, RunTag
from mlflow.tracking import MlflowClient
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit, cross_val_score, train_test_split

SEED = 42


def study_in(journal: str) -> optuna.Study:
    """Open a study, or make it, in Optuna's journal file."""
    storage = JournalStorage(JournalFileBackend(journal))
    sampler = optuna.samplers.TPESampler(seed=SEED)
    return optuna.create_study(
        storage=storage, study_name="plain", direction="maximize", sampler=sampler, load_if_exists=True
    )


def main(folds: int, journal: str = "", trials: int = 0) -> None:
    """Run the loop."""
    replayed = json.load(sys.stdin)
    features, target = load_iris(return_X_y=True)
    features, _, target, _ = train_test_split(features, target, test_size=0.2, random_state=SEED, stratify=target)
    if folds == 1:
        splitter = StratifiedShuffleSplit(n_splits=1, test_size=0.2, random_state=SEED)
    else:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    settings = {
        "data": "iris", "target": "target", "task": "classification", "metric": "accuracy", "folds": folds,
        "test_size": 0.2, "seed": SEED, "threads": 1, "estimator": "sklearn.ensemble.RandomForestClassifier",
        "refit": False, "log_folds": "end",
    }  # fmt: skip

    def objective(trial: optuna.Trial) -> float:
        params = {
            "n_estimators": trial.suggest_int("n_estimators", 50, 200),
            "max_depth": trial.suggest_int("max_depth", 3, 20),
        }
        with mlflow.start_run(nested=True, run_name=f"trial {trial.number:03d}") as run:
            mlflow.log_params(settings | params)
            model = RandomForestClassifier(**params, random_state=SEED, n_jobs=1)
            scores = cross_val_score(model, features, target, cv=splitter, scoring="accuracy")
            now = int(time.time() * 1000)
            metrics = [Metric("fold_accuracy", score, now, step) for step, score in enumerate(scores)]
            metrics += [Metric("cv_accuracy", scores.mean(), now, 0), Metric("cv_accuracy_std", scores.std(), now, 0)]
            metrics.append(Metric("trial", trial.number, now, 0))
            tags = {"study": "plain", "trial": str(trial.number), "state": "COMPLETE", "params": json.dumps(params)}
            # One request for all: what a careful author would write.
            MlflowClient().log_batch(run.info.run_id, metrics=metrics, tags=[RunTag(*tag) for tag in tags.items()])
        return float(scores.mean())

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with mlflow.start_run() as parent:
        if journal:
            study = study_in(journal)
        else:
            study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
            for params in replayed:
                study.enqueue_trial(params)
        began = time.perf_counter()
        study.optimize(objective, n_trials=trials or len(replayed))
        seconds = time.perf_counter() - began
        mlflow.log_metric("best_cv_accuracy", study.best_value)
        mlflow.set_tag("best_params", json.dumps(study.best_params))
    print(json.dumps({"loop_s": seconds, "run_id": parent.info.run_id}))


if __name__ == "__main__":
    main(int(sys.argv[1]), "".join(sys.argv[2:3]), int("".join(sys.argv[3:4]) or 0))
