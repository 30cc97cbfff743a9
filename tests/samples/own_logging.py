"""Somebody's own training script, which logs, prints and names as people do: `python own_logging.py --how HABIT`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
for name in ("how", "rate", "count", "flag", "text", "nothing", "sizes"):
    parser.add_argument(f"--{name}")
args = parser.parse_args()
how, rate = args.how, float(args.rate)


def fit(metric: str = "loss") -> None:
    """Log the objective of three epochs, and how long they took."""
    began = time.perf_counter()
    for epoch in range(3):
        mlflow.log_metric(metric, rate + 1 / (epoch + 1), step=epoch)
    mlflow.log_metric("seconds", time.perf_counter() - began)


if how == "experiment":
    named = mlflow.set_experiment(f"mine {os.getpid()}")
    with mlflow.start_run() as run:
        assert named.experiment_id == run.info.experiment_id
        fit()
elif how == "params":
    with mlflow.start_run():
        logged = {"rate": rate, "count": float(args.count), "flag": args.flag == "true", "text": args.text}
        mlflow.log_params({**logged, "nothing": None, "sizes": (32, 64), "extra": "own"})
        assert mlflow.log_param("rate", rate) == rate
        mlflow.log_param("count", 2, synchronous=False).wait()
        fit()
elif how == "another value":
    with mlflow.start_run():
        mlflow.log_param("rate", rate + 1)
elif how == "nested":
    assert int(os.environ["TUNING_PORT"]) >= 20000
    inner = {"nested": True, "run_name": "inner"}
    with mlflow.start_run(), mlflow.start_run(nested=True), mlflow.start_run(**inner):  # type: ignore[arg-type]
        fit()
elif how == "folds":
    with mlflow.start_run():
        for _ in range(2):
            with mlflow.start_run(nested=True):
                fit()
elif how == "beside":
    with mlflow.start_run():
        mlflow.log_metric("accuracy", 0.5)
    with mlflow.start_run(run_name="evaluation"):
        fit()
elif how == "elsewhere":
    other = mlflow.MlflowClient().create_experiment(f"elsewhere {os.getpid()}")
    run = mlflow.MlflowClient().create_run(other)
    mlflow.MlflowClient().log_metric(run.info.run_id, "loss", 0.5)
elif how == "misspelt":
    with mlflow.start_run():
        mlflow.log_metrics({"accuracy": 0.5, "val-loss": 0.1, "los": 0.2})
elif how == "named":
    with mlflow.start_run(run_name="my forest"):
        fit()
elif how == "renamed":
    with mlflow.start_run():
        mlflow.set_tag("mlflow.runName", "my pine")
        fit()
elif how == "server":
    mlflow.set_tracking_uri("sqlite:///" + str(Path.cwd() / "another.db"))
    with mlflow.start_run():
        fit()
elif how == "loud":
    for number in range(100_000):
        print(f"{number:06} {'-' * 1000}")
    print("the end", file=sys.stderr)
    with mlflow.start_run():
        fit()
elif how == "left":
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        client.create_run(run.info.experiment_id)
        fit()
elif how == "watched":
    print("begins")
    while not Path(args.text).exists():
        time.sleep(0.05)
    with mlflow.start_run():
        fit()
elif how == "hangs":
    with mlflow.start_run():
        (Path(tempfile.gettempdir()) / f"hangs-{os.getpid()}").touch()
        time.sleep(600)
